"""The migrations that `0001_first.sql` replaced before the first release, by their SHA-256.

Databases of development versions were made by them. Delete this module, its use in `migrate.py` and
`tests/store/test_old_migrations.py` once no such database is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LAST: Final = "0012_keys_of_a_pause.sql"

_SQLITE: Final = (
    "afb29aa71a8d5c41b7f86f56615c1fbed19b584840326ab903d5abe70efb73bd",
    "62a75c6b8f54d8a5f75d8ad5407d57ed371d6ab9c27217d8aecd405b6f9f79ec",
    "b33793739c3340b57ed32b87ac2feda7074f1adde668f2492eff633f529a1830",
    "53923b2594c1101bea2da6c3987ddac5e85c54b93d8d2df3201459da927a24b2",
    "19f6c3141b91076f380ad3d45c4f0389b70ec6de68a9be6bb66812c6cfca84c1",
    "f3bb8c2a0361604aedaa80c12ce8e4128ec55a6ff9a5839e8af6fbf47e3dfd30",
    "ae0ae328c8a66a8d8f8be101dcd94de5f34cd03a45a3c85f8fd7453f49bf2ca8",
    "52a4dc1378ce9dc0c8ee6d1410536340358d8f3957ee88937e5d670afbabbfd8",
    "d69e2dda01826ac3920c3410b9ef88d3e2117007837defc4e0eaf420e007746b",
    "c1630da315891063e3b81daa5c4bd2f4416fd677a8bfba8f33049577740e7b9d",
    "d23464e5ec5ea6412578137324e00fa513433038ce7b9205e8c4d3f995a38d52",
    "d58567a1ddc3be599aab5c1a7bb721570dcc0679aec76529086569700a8f148b",
)
_POSTGRES: Final = (
    "644911ff4a516e024d31215ef86a0ecdc19ae386ec2b0279737f2fd85eebcc0c",
    "62a75c6b8f54d8a5f75d8ad5407d57ed371d6ab9c27217d8aecd405b6f9f79ec",
    "4667829690b1e00b55ee4f56cba7fe61f7273bd675ae0070f7c2e22b8c81fae3",
    "53923b2594c1101bea2da6c3987ddac5e85c54b93d8d2df3201459da927a24b2",
    "a6b945f0928ee8151ddd850d5fb13eb5fac062702f0584d9dcb26e6164256829",
    "f3bb8c2a0361604aedaa80c12ce8e4128ec55a6ff9a5839e8af6fbf47e3dfd30",
    "ae0ae328c8a66a8d8f8be101dcd94de5f34cd03a45a3c85f8fd7453f49bf2ca8",
    "52a4dc1378ce9dc0c8ee6d1410536340358d8f3957ee88937e5d670afbabbfd8",
    "144678f68df691e1976ac2928999d588d9ef7f975aada567363cc1fb2699cf07",
    "c1630da315891063e3b81daa5c4bd2f4416fd677a8bfba8f33049577740e7b9d",
    "09c7e733b1f94d045d3b94c0d1e7f4853e708da9c344e29b1854b3676c6ae36b",
    "d58567a1ddc3be599aab5c1a7bb721570dcc0679aec76529086569700a8f148b",
)
COUNT: Final = len(_SQLITE)


def count_old(recorded: Mapping[int, str]) -> int:
    """Return how many of the old migrations made a database; 0 if anything else is recorded in it.

    `recorded` are the SHA-256 sums by the migrations' numbers.
    """
    count = len(recorded)
    for chain in (_SQLITE, _POSTGRES):
        if recorded == dict(enumerate(chain[:count], 1)):
            return count
    return 0
