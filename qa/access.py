"""Who may do what: roles, the password file and the lists of e-mail addresses.

``python -m qa.access add NAME --role reader|editor`` makes the password file. Both files are in
one folder, ``data/access`` unless ``REPORT_QA_ACCESS`` names another::

    access/
    ├── settings.toml    how people sign in, who they are, and limits; see ``Settings``
    └── passwords        a line a person: name, role, scrypt hash; no password is ever written

With neither file, and no OpenID Connect in Streamlit's secrets, everything is open to whoever sits
at this machine. A file that cannot be used lets nobody in.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import hashlib
import hmac
import os
import re
import secrets
import sys
import tempfile
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal, get_args

from qa.errors import BadAccessFile, QaError

DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / "data" / "access"
FOLDER_VARIABLE = "REPORT_QA_ACCESS"
SETTINGS_FILE = "settings.toml"
PASSWORDS_FILE = "passwords"

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
EMAIL = re.compile(r"(\*|[^@\s*]+)@[^@\s*]+")

SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_LANES = 2**15, 8, 1
"""32 MiB and about a tenth of a second for a guess."""

MAX_COST = 2**17
SALT_BYTES, HASH_BYTES = 16, 32

SignIn = Literal["open", "local", "passwords", "openid"]


class Role(IntEnum):
    """What a visitor may do; each may also do what those before it may."""

    NOBODY = 0
    READER = 1
    EDITOR = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """How people sign in and what they may do; each field is a key of ``settings.toml``.

    ``sign_in`` is "passwords", "openid", "open" (everybody may do everything, from anywhere), or,
    where nothing is set up, "local": everything from this machine, only reading from elsewhere.
    ``editors`` and ``readers`` are e-mail addresses, or ``*@domain`` for all of a domain.
    Questions a minute are those of one session, and four times as many those of one address; 0 is
    no limit. ``upload_mb`` is for all files of one upload together.
    """

    sign_in: SignIn = "local"
    editors: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    questions_a_minute: int = 30
    answers_at_once: int = 4
    patience_s: int = 10
    upload_mb: int = 100


@dataclass(frozen=True, slots=True)
class User:
    """A line of the password file."""

    name: str
    role: Role
    secret: str


# Settings


def access_folder() -> Path:
    """Return the folder that the environment names, or the project's own."""
    return Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER)


def read_settings(folder: Path, *, has_openid: bool = False) -> Settings:
    """Return the settings of a folder, and where it has none, what follows from what is there.

    ``has_openid`` says whether Streamlit's secrets name a provider of OpenID Connect.

    Raises:
        BadAccessFile: the file cannot be used; nobody may be let in.
    """
    path = folder / SETTINGS_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        data = {}
    except (OSError, ValueError) as error:
        raise BadAccessFile(f"{path} cannot be read ({error}): mend it, then try again.") from error
    if "sign_in" not in data:
        if (folder / PASSWORDS_FILE).exists():
            data["sign_in"] = "passwords"
        elif has_openid:
            data["sign_in"] = "openid"
    return _settings(data, path)


def _settings(data: Mapping[str, Any], path: Path) -> Settings:
    known = {field.name for field in fields(Settings)}
    unknown = sorted(set(data) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise BadAccessFile(f"{path} has the key {unknown[0]!r}, which nothing reads: use {names}.")
    for key, value in data.items():
        wanted = _wanted(key, value)
        if wanted:
            raise BadAccessFile(f"{path}: {key} is {value!r} and must be {wanted}.")
    lists = {
        key: tuple(item.strip().casefold() for item in data.get(key, ()))
        for key in ("editors", "readers")
    }
    return Settings(**{**data, **lists})


def _wanted(key: str, value: object) -> str:
    """Return what a setting must be, or nothing where it is that."""
    if key == "sign_in":
        names = get_args(SignIn)
        return "" if value in names else f"one of {', '.join(names)}"
    if key in ("editors", "readers"):
        good = isinstance(value, list) and all(
            isinstance(item, str) and EMAIL.fullmatch(item.strip()) for item in value
        )
        return "" if good else 'a list of addresses, as in ["jo@example.org", "*@example.org"]'
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000
    return "" if good else "a whole number from 0 to 100,000"


def role_of_email(settings: Settings, email: str, *, verified: bool = True) -> Role:
    """Return the role that the lists give an address; one that is not verified has none.

    >>> wide = Settings(editors=("jo@example.org",), readers=("*@example.org",))
    >>> [role_of_email(wide, name).name for name in ("Jo@Example.org", "al@example.org", "x@y.z")]
    ['EDITOR', 'READER', 'NOBODY']
    """
    address = email.strip().casefold()
    if not verified or address.count("@") != 1 or address.startswith("*"):
        return Role.NOBODY
    names = {address, f"*@{address.partition('@')[2]}"}
    if names & set(settings.editors):
        return Role.EDITOR
    return Role.READER if names & set(settings.readers) else Role.NOBODY


# Passwords


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Return the scrypt hash of a password with its parameters, as one word of text."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    key = _scrypt(password, salt, SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_LANES)
    numbers = f"{SCRYPT_COST}${SCRYPT_BLOCK}${SCRYPT_LANES}"
    return f"scrypt${numbers}${_text(salt)}${_text(key)}"


def is_password(password: str, secret: str) -> bool:
    """Return whether a hash is that of a password; the time does not say how near it was."""
    try:
        kind, cost, block, lanes, salt, key = secret.split("$")
        numbers = int(cost), int(block), int(lanes)
        wanted, salted = _bytes(key), _bytes(salt)
    except (ValueError, binascii.Error):
        return False
    if kind != "scrypt" or not 2 <= numbers[0] <= MAX_COST or len(wanted) != HASH_BYTES:
        return False
    try:
        return hmac.compare_digest(_scrypt(password, salted, *numbers), wanted)
    except ValueError:
        return False


def signed_in(users: Mapping[str, User], name: str, password: str) -> User | None:
    """Return whoever has that name and password, or None.

    A name that nobody has takes as long as a wrong password, or the time would tell the names.
    """
    user = users.get(name.strip().casefold())
    right = is_password(password[: LONGEST_PASSWORD + 1], user.secret if user else _NOBODYS)
    return user if right and user is not None else None


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost,
        r=block,
        p=lanes,
        maxmem=256 * MAX_COST * block,
        dklen=HASH_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


_NOBODYS = (
    f"scrypt${SCRYPT_COST}${SCRYPT_BLOCK}${SCRYPT_LANES}$"
    f"{_text(bytes(SALT_BYTES))}${_text(bytes(HASH_BYTES))}"
)
"""Of no password that anybody could find; what an unknown name is compared with."""


# The password file


def read_users(path: Path) -> dict[str, User]:
    """Return the people of a password file by name.

    Raises:
        BadAccessFile: there is none, or a line of it cannot be used.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BadAccessFile(
            f"The password file {path} cannot be read ({error}): make it with "
            "`python -m qa.access add NAME --role reader`."
        ) from error
    users: dict[str, User] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            user = _user(line.split(), f"Line {number} of {path}")
            if user.name in users:
                raise BadAccessFile(f"Line {number} of {path} names {user.name!r} a second time.")
            users[user.name] = user
    return users


def _user(words: Sequence[str], where: str) -> User:
    """Return the user that the words of a line are; what is wrong is said without its secret."""
    if len(words) != 3 or not NAME.fullmatch(words[0]) or not words[2].startswith("scrypt$"):
        raise BadAccessFile(f"{where} is not a name, a role and a hash: remove it and add it anew.")
    name, role, secret = words
    if role not in ("reader", "editor"):
        raise BadAccessFile(f"{where}: the role is {role!r} and must be reader or editor.")
    return User(name, Role[role.upper()], secret)


def add_user(path: Path, name: str, role: Role, password: str) -> User:
    """Put a person into the password file, or give one who is there a new role and password.

    Raises:
        BadAccessFile: the file, the name or the password cannot be used; nothing has changed.
    """
    name = name.strip().casefold()
    if not NAME.fullmatch(name):
        raise BadAccessFile(
            f"The name {name!r} cannot be used: take 1 to 64 of a to z, 0 to 9 and . _ @ -, "
            "beginning with a letter or figure."
        )
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadAccessFile(
            f"The password has {len(password)} characters and must have {SHORTEST_PASSWORD} to "
            f"{LONGEST_PASSWORD}: three or four words are easy to keep in mind."
        )
    user = User(name, role, hash_password(password))
    users = read_users(path) if path.exists() else {}
    _write(path, {**users, name: user})
    return user


def remove_user(path: Path, name: str) -> None:
    """Take a person out of the password file.

    Raises:
        BadAccessFile: nobody there has that name.
    """
    users = read_users(path)
    if users.pop(name.strip().casefold(), None) is None:
        raise BadAccessFile(f"Nobody in {path} is called {name!r}; it has {', '.join(users)}.")
    _write(path, users)


def _write(path: Path, users: Mapping[str, User]) -> None:
    """Write the file anew in one step, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{user.name} {user.role.name.lower()} {user.secret}\n" for user in users.values()]
    handle, draft = tempfile.mkstemp(prefix=".passwords-", dir=path.parent)  # made with mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    path = options.folder / PASSWORDS_FILE
    try:
        said: str = options.run(options, path)
    except QaError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{path} cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("Stopped; nothing has changed.", file=sys.stderr)
        return 130
    print(said)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qa.access",
        description="Say who may sign in with a password. While the password file is there, "
        "nobody else is let in.",
        allow_abbrev=False,
    )
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    shared.add_argument(
        "--folder", type=Path, default=access_folder(), metavar="DIR",
        help="folder of the password file (data/access of the project)",
    )  # fmt: skip
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    adder = commands.add_parser(
        "add",
        parents=[shared],
        help="add a person, or change role and password",
        allow_abbrev=False,
    )
    adder.add_argument("name", metavar="NAME")
    adder.add_argument("--role", choices=("reader", "editor"), required=True)
    adder.add_argument(
        "--stdin", action="store_true", help="read the password from standard input, one line"
    )
    adder.set_defaults(run=_add)
    remover = commands.add_parser(
        "remove", parents=[shared], help="take a person out", allow_abbrev=False
    )
    remover.add_argument("name", metavar="NAME")
    remover.set_defaults(run=_remove)
    lister = commands.add_parser(
        "list", parents=[shared], help="say who is in the file", allow_abbrev=False
    )
    lister.set_defaults(run=_list)
    return parser


def _add(options: argparse.Namespace, path: Path) -> str:
    user = add_user(path, options.name, Role[options.role.upper()], _password(options.stdin))
    return f"{user.name} can sign in as {options.role}. The file is {path}."


def _remove(options: argparse.Namespace, path: Path) -> str:
    remove_user(path, options.name)
    return f"{options.name} can no longer sign in."


def _list(options: argparse.Namespace, path: Path) -> str:
    users = read_users(path).values()
    return "\n".join(f"{user.name} {user.role.name.lower()}" for user in users) or "Nobody."


def _password(from_stdin: bool) -> str:
    """Return the password that is typed twice, or stands on standard input.

    It is never an argument, which other people of the machine could read.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("The same again: "):
        raise BadAccessFile("The two passwords differ; nothing has changed.")
    return first


if __name__ == "__main__":
    sys.exit(main())
