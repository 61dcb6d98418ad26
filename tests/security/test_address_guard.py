"""Which addresses are public, and which URLs a webhook may name."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.errors import InvalidWebhookUrl
from pausepoint.security.address_guard import check_url_form, is_allowed, is_opened, is_public

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::c0a8:101",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
]
PUBLIC = [
    "64:ff9b::808:808",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450::1",
]
LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.mark.parametrize("spelled", PRIVATE)
def test_it_is_not_public(spelled: str) -> None:
    assert not is_public(ip_address(spelled))
    assert not is_allowed(ip_address(spelled), [])


@pytest.mark.parametrize("spelled", PUBLIC)
def test_it_is_public(spelled: str) -> None:
    assert is_public(ip_address(spelled))


def test_an_opened_network_is_allowed_in_every_spelling() -> None:
    for spelled in ("127.0.0.1", "::ffff:127.0.0.1"):
        assert is_allowed(ip_address(spelled), LOOPBACK)
        assert is_opened(ip_address(spelled), LOOPBACK)
    assert is_allowed(ip_address("64:ff9b::7f00:1"), LOOPBACK)
    assert is_allowed(ip_address("64:ff9b::7f00:1"), [ip_network("64:ff9b::/96")])
    assert not is_allowed(ip_address("::1"), LOOPBACK)
    assert not is_allowed(ip_address("10.0.0.1"), LOOPBACK)
    assert is_allowed(ip_address("fd00::5"), [*LOOPBACK, ip_network("fd00::/8")])
    assert is_allowed(ip_address("8.8.8.8"), [])
    assert not is_opened(ip_address("8.8.8.8"), LOOPBACK)


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_like_the_one_inside(address: IPv4Address) -> None:
    for prefix in ("::ffff:", "64:ff9b::"):
        assert is_public(IPv6Address(f"{prefix}{address}")) == is_public(address)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    assert not (is_public(address) and (address.is_private or address.is_multicast))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/in?x=1#part",
        "https://hooks.example.com:8443/",
        "https://HOOKS.Example.com.",
        "https://bücher.example/",
        "https://does-not-resolve.example/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://1.example.com/",
        "https://0x7f.example/",
    ],
)
def test_a_public_url_passes(url: str) -> None:
    check_url_form(url, [])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0x",
        "10.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25eth0]",
        "①②⑦.⓪.⓪.①",
        "１２７.０.０.１",
        "127。0。0。1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "api.localhost",
        "1.2.3.4.5",
        "256.0.0.1",
        "127.0.0.256",
        "4294967296",
        "1.2.3.0x100",
        "example.123",
    ],
)
def test_a_private_host_is_refused_in_every_notation(host: str) -> None:
    for url in (f"https://{host}/", f"https://{host}:8443/x", f"http://{host}/"):
        with pytest.raises(InvalidWebhookUrl):
            check_url_form(url, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "https"),
        ("ftp://hooks.example.com/", "https"),
        ("hooks.example.com/", "https"),
        ("", "https"),
        ("https://", "host"),
        ("https:///path", "host"),
        ("https://user:pass@example.com/", "user name"),
        ("https://user@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com:0/", "host"),
        ("https://example.com:99999/", "read"),
        ("https://example.com:x/", "read"),
        ("https://[::1/", "read"),
        ("https://%31%32%37.0.0.1/", "host"),
        ("https://exa mple.com/", "character"),
        ("https://example.com/\r\nX: y", "character"),
        ("https://example.com\\@127.0.0.1/", "character"),
        ("https://example.com/\u202e", "character"),
        ("https://example.com/\ud800", "character"),
        ("https://example.com/" + "x" * 2048, "2048"),
    ],
)
def test_a_refusal_says_why(url: str, why: str) -> None:
    with pytest.raises(InvalidWebhookUrl) as raised:
        check_url_form(url, [])
    assert why in raised.value.message


def test_http_is_for_opened_networks() -> None:
    check_url_form("http://127.0.0.1:9000/", LOOPBACK)
    check_url_form("http://localhost:9000/", LOOPBACK)
    check_url_form("https://localhost:9000/", LOOPBACK)
    check_url_form("http://agent.lan/", LOOPBACK)  # the dialled address decides
    for url in ("http://8.8.8.8/", "http://10.0.0.1/", "https://10.0.0.1/", "https://[::1]/"):
        with pytest.raises(InvalidWebhookUrl):
            check_url_form(url, LOOPBACK)
    with pytest.raises(InvalidWebhookUrl):
        check_url_form("https://localhost/", [ip_network("10.0.0.0/8")])


@given(st.text(st.characters()), st.sampled_from(["", "https://", "http://", "https://["]))
def test_no_text_does_worse_than_a_refusal(text: str, prefix: str) -> None:
    with suppress(InvalidWebhookUrl):
        check_url_form(prefix + text, LOOPBACK)
