"""Roles, passwords and settings: what lets whom in, and that a file in doubt lets in nobody."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qa import access
from qa.access import (
    PASSWORDS_FILE,
    Role,
    Settings,
    User,
    add_user,
    hash_password,
    is_password,
    read_settings,
    read_users,
    remove_user,
    role_of_email,
    signed_in,
)
from qa.errors import BadAccessFile

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "three plain words"


# Settings


def test_with_nothing_set_up_this_machine_is_open(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "absent") == Settings(sign_in="local")


def test_a_password_file_or_secrets_decide_how_people_sign_in(tmp_path: Path) -> None:
    assert read_settings(tmp_path, has_openid=True).sign_in == "openid"
    (tmp_path / PASSWORDS_FILE).touch()
    assert read_settings(tmp_path, has_openid=True).sign_in == "passwords"
    (tmp_path / "settings.toml").write_text('sign_in = "openid"')
    assert read_settings(tmp_path).sign_in == "openid"


def test_all_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        'sign_in = "openid"\neditors = ["Jo@Example.org"]\nreaders = ["*@example.org"]\n'
        "questions_a_minute = 6\nanswers_at_once = 2\npatience_s = 3\nupload_mb = 50\n"
    )
    assert read_settings(tmp_path) == Settings(
        "openid", ("jo@example.org",), ("*@example.org",), 6, 2, 3, 50
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sign_in = ", "cannot be read"),
        ("\xff", "cannot be read"),
        ('sign_in = "anybody"', "sign_in is 'anybody' and must be one of open, local, passwords"),
        ('editor = ["a@b.c"]', "the key 'editor', which nothing reads: use answers_at_once"),
        ('editors = "a@b.c"', "must be a list of addresses"),
        ('editors = ["*"]', "must be a list of addresses"),
        ('editors = ["*@*"]', "must be a list of addresses"),
        ("upload_mb = -1", "upload_mb is -1 and must be a whole number from 0"),
        ("upload_mb = true", "must be a whole number"),
        ("upload_mb = 1.5", "must be a whole number"),
    ],
)
def test_settings_that_cannot_be_used_let_nobody_in(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "settings.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadAccessFile, match=r"settings\.toml") as told:
        read_settings(tmp_path)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("jo@example.org", Role.EDITOR),
        (" JO@EXAMPLE.ORG ", Role.EDITOR),
        ("al@example.org", Role.READER),
        ("al@sub.example.org", Role.NOBODY),
        ("al@example.org.evil.test", Role.NOBODY),
        ("evil.test@x@example.org", Role.NOBODY),
        ("*@example.org", Role.NOBODY),
        ("", Role.NOBODY),
    ],
)
def test_an_address_has_the_role_of_the_lists(email: str, role: Role) -> None:
    settings = Settings(editors=("jo@example.org",), readers=("*@example.org",))
    assert role_of_email(settings, email) == role
    assert role_of_email(settings, email, verified=False) == Role.NOBODY


# Passwords


def test_a_hash_is_that_of_scrypt() -> None:
    kind, cost, block, lanes, salt, key = hash_password("word", salt=bytes(16)).split("$")
    assert (kind, cost, block, lanes) == ("scrypt", "32768", "8", "1")
    assert salt == "AAAAAAAAAAAAAAAAAAAAAA=="
    expected = hashlib.scrypt(b"word", salt=bytes(16), n=32768, r=8, p=1, maxmem=2**26, dklen=32)
    assert access._bytes(key) == expected


def test_each_hash_has_a_salt_of_its_own_and_only_its_password_fits() -> None:
    secret = hash_password(PASSWORD)
    assert secret != hash_password(PASSWORD)
    assert is_password(PASSWORD, secret)
    assert not is_password(PASSWORD + "x", secret)
    assert not is_password("", secret)


def test_the_same_letters_are_the_same_password_however_they_were_typed() -> None:
    secret = hash_password("cafe\N{COMBINING ACUTE ACCENT} au lait")
    assert is_password("caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait", secret)


@pytest.mark.parametrize(
    "secret",
    ["", "scrypt", "plain$words", "scrypt$2$8$1$AA==$AA==", "scrypt$x$8$1$AA==$AA==",
     f"scrypt${2**40}$8$1$AAAA${'A' * 43}=", f"scrypt$32768$0$1$AAAA${'A' * 43}=",
     f"scrypt$3$8$1$AAAA${'A' * 43}=", "scrypt$32768$8$1$***$***"],
)  # fmt: skip
def test_a_hash_that_is_none_fits_no_password(secret: str) -> None:
    assert not is_password("", secret)
    assert not is_password(PASSWORD, secret)


def test_the_comparison_takes_no_note_of_where_two_hashes_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(access.hmac, "compare_digest", compare)
    users = {"jo": User("jo", Role.READER, hash_password(PASSWORD))}
    assert signed_in(users, " JO ", PASSWORD) == users["jo"]
    assert signed_in(users, "jo", "wrong") is None
    assert signed_in(users, "nobody", PASSWORD) is None  # and is hashed and compared all the same
    assert len(compared) == 3


def test_whoever_knows_the_hash_does_not_know_the_password(tmp_path: Path) -> None:
    user = add_user(tmp_path / PASSWORDS_FILE, "jo", Role.READER, PASSWORD)
    users = read_users(tmp_path / PASSWORDS_FILE)
    assert signed_in(users, "jo", user.secret) is None
    assert signed_in(users, "nobody", access._NOBODYS) is None


# The password file


def test_people_are_added_changed_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "access" / PASSWORDS_FILE
    add_user(path, "Jo", Role.READER, PASSWORD)
    add_user(path, "al", Role.EDITOR, PASSWORD)
    first = read_users(path)["jo"].secret
    add_user(path, "jo", Role.EDITOR, "three other words")
    users = read_users(path)
    assert {name: user.role for name, user in users.items()} == {
        "jo": Role.EDITOR,
        "al": Role.EDITOR,
    }
    assert users["jo"].secret != first
    remove_user(path, "JO")
    assert list(read_users(path)) == ["al"]
    with pytest.raises(BadAccessFile, match=r"Nobody in .* is called 'jo'; it has al"):
        remove_user(path, "jo")


def test_the_file_is_for_its_owner_alone_and_has_no_password(tmp_path: Path) -> None:
    path = tmp_path / PASSWORDS_FILE
    add_user(path, "jo", Role.READER, PASSWORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert [other.name for other in tmp_path.iterdir()] == [PASSWORDS_FILE]


@pytest.mark.parametrize("name", ["", "a b", "-jo", "jo\n", "../jo", "jo:x", "x" * 65, "jö"])
def test_a_name_that_cannot_be_used_is_said(tmp_path: Path, name: str) -> None:
    if name.strip() == "jo":
        assert add_user(tmp_path / PASSWORDS_FILE, name, Role.READER, PASSWORD).name == "jo"
        return
    with pytest.raises(BadAccessFile, match="cannot be used: take 1 to 64"):
        add_user(tmp_path / PASSWORDS_FILE, name, Role.READER, PASSWORD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 201])
def test_a_password_that_is_too_short_or_too_long_is_said(tmp_path: Path, password: str) -> None:
    with pytest.raises(BadAccessFile, match=f"has {len(password)} characters") as told:
        add_user(tmp_path / PASSWORDS_FILE, "jo", Role.READER, password)
    assert not password or password not in str(told.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("jo reader", "is not a name, a role and a hash"),
        ("jo reader plainword", "is not a name, a role and a hash"),
        ("jo admin scrypt$1", "the role is 'admin' and must be reader or editor"),
        ("al reader scrypt$1", "names 'al' a second time"),
    ],
)
def test_a_line_that_cannot_be_used_lets_nobody_in(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / PASSWORDS_FILE
    path.write_text(f"# who\n\nal reader scrypt$1\n{line}\n")
    with pytest.raises(BadAccessFile, match="Line 4") as told:
        read_users(path)
    assert said in str(told.value)
    assert "plainword" not in str(told.value)
    with pytest.raises(BadAccessFile):
        add_user(path, "jo", Role.READER, PASSWORD)


def test_no_file_is_said_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadAccessFile, match=r"make it with `python -m qa.access add NAME"):
        read_users(tmp_path / PASSWORDS_FILE)


# The command


def command(tmp_path: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qa.access", *words, "--folder", str(tmp_path)],
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_adds_lists_and_removes(tmp_path: Path) -> None:
    added = command(tmp_path, "add", "jo", "--role", "editor", "--stdin", typed=f"{PASSWORD}\n")
    assert (added.returncode, added.stderr) == (0, "")
    assert added.stdout.startswith("jo can sign in as editor.")
    assert PASSWORD not in added.stdout
    assert command(tmp_path, "list").stdout == "jo editor\n"
    user = signed_in(read_users(tmp_path / PASSWORDS_FILE), "jo", PASSWORD)
    assert user is not None
    assert user.role == Role.EDITOR
    assert command(tmp_path, "remove", "jo").stdout == "jo can no longer sign in.\n"
    assert command(tmp_path, "list").stdout == "Nobody.\n"


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    short = command(tmp_path, "add", "jo", "--role", "editor", "--stdin", typed="short\n")
    assert short.returncode == 2
    assert short.stderr.startswith("The password has 5 characters and must have 12 to 200")
    assert command(tmp_path, "add", "jo", "--stdin").returncode == 2
    assert command(tmp_path, "list").returncode == 2
    assert "Traceback" not in short.stderr
