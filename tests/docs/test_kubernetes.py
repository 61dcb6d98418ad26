"""The manifests on the page about Kubernetes: valid, and in step with the program and its image."""

from __future__ import annotations

import re
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from pausepoint.config.table import SETTINGS
from pausepoint.web.endpoints import ENDPOINTS
from tests.docs.pages import ROOT

KUBERNETES: Final = "1.34"
PAGE: Final = (ROOT / "docs" / "how-to" / "kubernetes.md").read_text("utf-8")
MANIFESTS: Final[list[dict[str, Any]]] = [
    manifest
    for block in re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)
    for manifest in yaml.safe_load_all(block)
]
DEPLOYMENTS: Final = [one for one in MANIFESTS if one["kind"] == "Deployment"]


def pod(deployment: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    [one] = pod(deployment)["containers"]
    assert isinstance(one, dict)
    return one


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: one["kind"])
def test_a_manifest_is_valid(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelled_manifest_would_be_found() -> None:
    wrong = yaml.safe_load(yaml.safe_dump(DEPLOYMENTS[0]).replace("readinessProbe", "readyProbe"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_there_is_one_deployment_for_each_engine() -> None:
    sqlite, postgres = DEPLOYMENTS

    assert (sqlite["spec"]["replicas"], sqlite["spec"]["strategy"]) == (1, {"type": "Recreate"})
    assert postgres["spec"]["replicas"] > 1
    assert postgres["spec"]["strategy"]["type"] == "RollingUpdate"


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_pod_may_do_nothing_but_its_work(deployment: dict[str, Any]) -> None:
    may = container(deployment)["securityContext"]

    assert may["readOnlyRootFilesystem"]
    assert not may["allowPrivilegeEscalation"]
    assert may["capabilities"] == {"drop": ["ALL"]}
    assert pod(deployment)["securityContext"]["runAsNonRoot"]
    assert not pod(deployment)["enableServiceLinks"]
    assert not pod(deployment)["automountServiceAccountToken"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_probes_settings_and_volumes_exist(deployment: dict[str, Any]) -> None:
    one = container(deployment)
    paths = {name: one[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
    known = {setting.name for setting in SETTINGS}
    mounted = {mount["name"] for mount in one["volumeMounts"]}

    assert set(paths.values()) == {"/health/live"}
    assert one["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert {"/health/live", "/health/ready"} <= {endpoint.path for endpoint in ENDPOINTS}
    assert {entry["name"].removesuffix("_FILE") for entry in one["env"]} <= known
    assert mounted == {volume["name"] for volume in pod(deployment)["volumes"]}


def test_any_user_of_group_0_can_write_the_images_data() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")

    assert "install -d -m 770 -o 10001 -g 0 /data" in dockerfile
    assert "\nUSER 10001:0\n" in dockerfile
    for deployment in DEPLOYMENTS:
        user = pod(deployment)["securityContext"]
        assert (user["runAsUser"], user["runAsGroup"]) == (10001, 0)
