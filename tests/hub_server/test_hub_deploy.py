"""The files of docs/deploy against the program: options, ports, folders, names of the environment, health."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli.commands import COMMANDS
from app.cli.declare import build
from architecture.sources import ROOT

DEPLOY = ROOT / "docs" / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text("utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOY / "gridward-hub.service").read_text("utf-8")


def _sections() -> dict[str, str]:
    """The services of the compose file and what stands under each."""
    services = COMPOSE.split("\nservices:\n", 1)[1].split("\nvolumes:\n", 1)[0]
    parts = re.split(r"^  (\w+):.*\n", services, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _served(words: str) -> dict[str, Any]:
    """What `hub serve` understands of these words; fails as the program would for a wrong one."""
    command: Any = typer.main.get_command(build(COMMANDS, lambda *_: 0, ""))
    given = shlex.split(re.sub(r"\$\{(\w+):\?[^}]*\}", "https://hub", words))
    for word in given[:2]:
        command = command.commands[word]
    return dict(command.make_context("serve", given[2:]).params)


def test_compose_serves_on_the_port_it_opens_and_watches() -> None:
    hub = _sections()["hub"]
    words = re.search(r"^    command: (.*)$", hub, re.MULTILINE)
    assert words
    told = _served(words[1])
    assert (told["host"], told["url"]) == ("0.0.0.0", "https://hub")
    assert f'ports: ["{told["port"]}:{told["port"]}"]' in hub
    default = _served(" ".join(re.findall(r'"([^"]+)"', DOCKERFILE.split("\nCMD ", 1)[1].split("\n", 1)[0])))
    assert f"EXPOSE {default['port']}\n" in DOCKERFILE and default["host"] == "0.0.0.0"
    assert f"https://127.0.0.1:{told['port']}/healthz" in DOCKERFILE.split("HEALTHCHECK", 1)[1]
    assert told["port"] == default["port"] == _served("hub serve")["port"]


def test_compose_names_what_is_there() -> None:
    services = _sections()
    volumes = set(re.findall(r"^  (\w+):$", COMPOSE.split("\nvolumes:\n", 1)[1], re.MULTILINE))
    mounted = dict(re.findall(r'volumes: \["(\w+):([^"]+)"\]', COMPOSE))
    assert set(mounted) == volumes
    for name, text in services.items():
        waits = re.findall(r"^      (\w+): \{ condition", text, re.MULTILINE) + re.findall(
            r"depends_on: \[(\w+)\]", text
        )
        assert set(waits) <= services.keys(), name
    waited = re.search(r"healthcheck:.*?test: (.*?)\n", services["database"], re.DOTALL)
    assert waited and '"-h", "127.0.0.1"' in waited[1], "not for the image's first server, which goes again"
    environment = dict(re.findall(r"^      (\w+): (.*)$", services["hub"], re.MULTILINE))
    assert environment["GRIDWARD_HUB_HOME"] == mounted["home"]
    database = re.findall(r"^      POSTGRES_(?:USER|DB): (\w+)", services["database"], re.MULTILINE)
    person, name = database
    assert environment["GRIDWARD_HUB"] == f"postgresql://{person}:${{POSTGRES_PASSWORD}}@database/{name}"
    assert mounted["home"] in DOCKERFILE, "the folder is there and belongs to the hub's user"


def test_every_name_of_the_environment_is_one_the_program_reads() -> None:
    texts = [COMPOSE, DOCKERFILE, UNIT, (DEPLOY / "hub.env").read_text("utf-8")]
    named = {name for text in texts for name in re.findall(r"\bGRIDWARD_\w+", text)}
    read = "\n".join(path.read_text("utf-8") for path in (ROOT / "app").rglob("*.py"))
    assert named and not [name for name in named if f'"{name}"' not in read]


def test_the_image_copies_what_is_there() -> None:
    copied = [words.split()[:-1] for words in re.findall(r"^COPY ((?!--from).*)$", DOCKERFILE, re.MULTILINE)]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    stages = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)
    taken = re.findall(r"^COPY --from=(\w+) (\S+) \2$", DOCKERFILE, re.MULTILINE)
    made = DOCKERFILE.rsplit("\nFROM ", 1)[0]
    assert taken and not [where for stage, where in taken if stage not in stages or where not in made]


def _run(folder: Path, settings: str, *words: str) -> list[str]:
    """What the program is given by gridward-hub (its environment, folder, umask and words), with these
    settings of the service and without becoming the service's user."""
    text = (DEPLOY / "gridward-hub").read_text("utf-8")
    program, file = folder / "gridward", folder / "hub.env"
    program.write_text(
        "#!/bin/sh\nfor one in GRIDWARD_HUB HUB_OPTIONS AWS_SECRET_ACCESS_KEY; do printenv $one; done\n"
        'pwd; umask; for word; do echo "<$word>"; done\n'
    )
    program.chmod(0o755)
    file.write_text(settings)
    found = {"/etc/gridward/hub.env": file, "/opt/gridward/.venv/bin/gridward": program, "$(id -u)": "1"}
    for there, here in found.items():
        assert there in text
        text = text.replace(there, str(here))
    done = subprocess.run(
        ["sh", "-c", text, "gridward-hub", *words], capture_output=True, text=True, check=True,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_commands_run_as_the_user_of_the_service_with_its_settings(tmp_path: Path) -> None:
    user = re.search(r"^User=(.*)$", UNIT, re.MULTILINE)
    text = (DEPLOY / "gridward-hub").read_text("utf-8")
    assert user and f'exec runuser -u {user[1]} -- "$0" "$@"' in text
    for named in (
        "EnvironmentFile=/etc/gridward/hub.env\n",
        "ExecStart=/opt/gridward/.venv/bin/gridward hub ",
    ):
        assert named in UNIT and named.partition("=")[2].rstrip("\n").removesuffix(" hub ") in text
    told = _run(tmp_path, (DEPLOY / "hub.env").read_text("utf-8"), "invite", "--area", "a b")
    assert told == [
        "/var/lib/gridward/hub",
        "",
        str(tmp_path),
        "0077",
        "<hub>",
        "<invite>",
        "<--area>",
        "<a b>",
    ]


def test_settings_are_read_as_systemd_reads_them(tmp_path: Path) -> None:
    made = tmp_path / "made"
    address = f"postgresql://gridward:p%40$HOME;touch%20{made}`id`(&)@localhost/gridward"
    settings = [
        "# a word", "; another", "no setting", f"GRIDWARD_HUB={address}",
        "HUB_OPTIONS=--workers 4 --url https://192.168.1.20:8443 ",
        f'AWS_SECRET_ACCESS_KEY="a\'b $(touch {made})"',
    ]  # fmt: skip
    told = _run(tmp_path, "\n".join(settings), "status")
    assert told[:2] == [address, "--workers 4 --url https://192.168.1.20:8443"]
    assert told[2] == f"a'b $(touch {made})", "the last line has no end"
    assert not made.exists()


def test_the_unit_serves(tmp_path: Path) -> None:
    words = re.search(r"^ExecStart=\S+/gridward (.*)$", UNIT, re.MULTILINE)
    assert words
    assert (
        _served(words[1].replace("$HUB_OPTIONS", "--workers 4 --url https://192.168.1.20:8443"))["workers"]
        == 4
    )
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    program = tmp_path / "gridward"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    files = []
    for file in DEPLOY.glob("gridward-hub*.*"):
        text = file.read_text("utf-8").replace("/opt/gridward/.venv/bin/gridward", str(program))
        (tmp_path / file.name).write_text(text)
        files.append(str(tmp_path / file.name))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
