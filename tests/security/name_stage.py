"""The shipped program in a network of its own, where a name server of ours answers on port 53.

python -m tests.security.name_stage FOLDER: begun in new network and mount namespaces by
`test_lying_names.py`; prints what became of the deliveries to each name, as JSON.
"""

from __future__ import annotations

import fcntl
import json
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import trustme

from tests.doubles.dns import CapacityLimiter, NameServer
from tests.e2e.api import Api, eventually
from tests.e2e.server import Server

OUR_PUBLIC: Final = "11.22.33.44"
"""Public by every rule; in this network it leads back here, as every address does that is not lost."""

NAMES: Final[dict[str, CapacityLimiter]] = {
    "public.test": [[OUR_PUBLIC]],
    "alias.test": [["real.test", OUR_PUBLIC]],
    "slow.test": [[OUR_PUBLIC]],
    "redirect.test": [[OUR_PUBLIC]],
    "inside.test": [["127.0.0.1"]],
    "mixed.test": [[OUR_PUBLIC, "127.0.0.1"]],
    "mixed-turned.test": [["127.0.0.1", OUR_PUBLIC]],
    "mixed-families.test": [[OUR_PUBLIC, "::1"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "metadata.test": [["169.254.169.254"]],
    "alias-inside.test": [["localhost.test", "127.0.0.1"]],
    "flips.test": [[OUR_PUBLIC], ["127.0.0.1"], [OUR_PUBLIC], ["127.0.0.1"]],
    "flips-back.test": [["127.0.0.1"], [OUR_PUBLIC], ["127.0.0.1"], [OUR_PUBLIC]],
}
SLOW: Final = "slow.test"
_SET_FLAGS, _SET_ADDRESS, _UP = 0x8914, 0x8916, 0x1


class Receiver(BaseHTTPRequestHandler):
    """Notes at which address it was dialled, and by which name; one answer a connection."""

    dialled: Final[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        name = self.headers["Host"].rpartition(":")[0]
        self.dialled.append((self.connection.getsockname()[0], name))
        self.rfile.read(int(self.headers["Content-Length"]))
        if name == "redirect.test":
            self.send_response(307)
            _, port = self.server.server_address[:2]
            self.send_header("Location", f"https://inside.test:{port}/hook")
        else:
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def make_network(folder: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
        address = struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton(OUR_PUBLIC))
        fcntl.ioctl(control, _SET_ADDRESS, address)
    for name, content in (
        ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:15 attempts:1\n"),
        ("nsswitch.conf", "hosts: files dns\n"),
    ):
        (folder / name).write_text(content, "ascii")
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)


@contextmanager
def receiving(authority: trustme.CA) -> Iterator[int]:
    """On every address of this network, so that whoever was dialled would answer; its port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(tls)
    with ThreadingHTTPServer(("0.0.0.0", 0), Receiver) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def deliveries(api: Api, webhook_id: str) -> list[Any]:
    """The attempts of each, oldest first."""
    items = api.every(f"/v1/webhooks/{webhook_id}/deliveries")
    return [item["attempts"] for item in reversed(items)]


def end_a_pause(api: Api) -> None:
    assert api.cancel(api.create()["pause_id"]).is_success


def play(api: Api, port: int, answer_at_last: Event) -> dict[str, list[Any]]:
    """Two events for each name; the second is made once all but the slow one have the first."""
    hooks = {
        name: api.add_webhook(
            f"https://{name}:{port}/hook", "0123456789abcdef", ["pause.cancelled"]
        )
        for name in NAMES
    }

    def attempt_result(*names: str, times: int) -> bool:
        return all(
            len([tries for tries in deliveries(api, hooks[name]) if tries]) == times
            for name in names
        )

    others = [name for name in NAMES if name != SLOW]
    for times in (1, 2):
        end_a_pause(api)
        eventually(lambda times=times: attempt_result(*others, times=times), within=10)
    assert not any(deliveries(api, hooks[SLOW]))
    answer_at_last.set()
    eventually(lambda: attempt_result(SLOW, times=2))
    return {name: deliveries(api, hook) for name, hook in hooks.items()}


def main(folder: Path) -> None:
    make_network(folder)
    authority = trustme.CA()
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    answer_at_last = Event()
    with (
        NameServer(NAMES, {SLOW: answer_at_last}) as names,
        receiving(authority) as port,
        Server(folder, SSL_CERT_FILE=str(trusted)) as server,
        Api(server.base_url, server.test_api_key) as api,
    ):
        attempts = play(api, port, answer_at_last)
    seen = {"attempts": attempts, "dialled": Receiver.dialled, "asked": names.asked}
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
