"""The command ``himds``.

Nothing but the answer goes to stdout: ``TOKEN=$(himds token --resource https://vault.azure.net)``.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import gmtime, strftime

import himds
from himds._output import coloured, give_up, need_stdout, prepare, print_json, printable, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

ARM = "https://management.azure.com"

ERROR_MEMBERS = (
    "kind",
    "status",
    "message",
    "hint",
    "http_status",
    "error",
    "error_description",
    "correlation_id",
    "attempts",
    "retry_after",
)

EPILOG = """\
exit status:
  0    the answer is on stdout; with diagnose, a token can be had
  1    diagnose only: no token can be had
  2    usage or configuration: a bad argument, a forbidden endpoint, contradicting options, a path that leads nowhere
  3    no service here, no answer in time, a broken connection (kinds 100 to 103)
  4    the agent's challenge or its key file (kinds 110 to 113)
  5    the service's answer: an error, an unknown identity, throttling (kinds 200 to 205)
  70   a bug in himds
  74   the answer cannot be written to stdout
  130  Ctrl+C
  141  the reader of stdout has gone
Errors go to stderr, with a hint; with --json as one JSON object.

examples:
  TOKEN=$(himds token --resource https://vault.azure.net)
  himds token --resource https://storage.azure.com --client-id CLIENT_ID --json
  himds metadata --path /compute/tagsList
  himds diagnose
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status."""
    prepare()
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        give_up(sys.stdout)
        return 141
    except OSError as error:
        give_up(sys.stdout)
        say(f"himds: the answer cannot be written: {error.strerror}")
        return 74


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    need_stdout()
    try:
        status: int = options.run(options)
        return status
    except himds.Error as error:
        _report(error, as_json=options.json)
        return _status(error.status)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # No option is to be taken for another one: --resource is not --resource-id.
        super().__init__(allow_abbrev=False, **options)

    def _print_message(self, message: str, file: Any = None) -> None:
        # All that argparse writes goes through here; it would not say what went wrong.
        if file is sys.stderr:
            say(message.rstrip("\n"))
        else:
            need_stdout()
            print(message, end="")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="himds",
        description="Managed-identity tokens and instance metadata of this machine: on Azure Arc-enabled servers from "
        "the Connected Machine agent (HIMDS), on Azure VMs from IMDS.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"himds {himds.__version__}")
    common = _common()
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    token = _command(commands, common, _token, "token", "print an access token, and nothing else")
    _resource(token)
    token.add_argument("--force-refresh", action="store_true", help="ask the service for a new token")

    metadata = _command(commands, common, _metadata, "metadata", "print the instance metadata")
    metadata.add_argument(
        "--path", default="", metavar="POINTER", help="a JSON pointer, for example /compute/tagsList (default: all)"
    )

    claims = _command(commands, common, _claims, "claims", "print a token's claims, which are not verified")
    _resource(claims)
    claims.add_argument("--stdin", action="store_true", help="of the token on standard input, instead of a new one")

    _command(commands, common, _source, "source", "say which service is asked, and why")

    diagnose = _command(commands, common, _diagnose, "diagnose", "say what is the matter here, and what to do about it")
    _resource(diagnose)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON")
    common.add_argument("--source", metavar="himds|imds", help="the service to ask (default: chosen by what is here)")
    common.add_argument("--endpoint", metavar="URL", help="its base URL")
    common.add_argument("--token-dir", metavar="DIR", help="the agent's token directory")
    identity = common.add_mutually_exclusive_group()
    identity.add_argument("--client-id", metavar="ID", help="a user-assigned identity, by its client id")
    identity.add_argument("--object-id", metavar="ID", help="a user-assigned identity, by its object id")
    identity.add_argument("--resource-id", metavar="ID", help="a user-assigned identity, by its Azure resource id")
    common.add_argument(
        "--timeout", type=float, default=30.0, metavar="SECONDS", help="for the whole call (default: 30)"
    )
    common.add_argument("--max-attempts", type=int, default=5, metavar="N", help="tries at most (default: 5)")
    return common


def _command(commands: Any, common: argparse.ArgumentParser, run: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, parents=[common], help=text, description=f"{text[0].upper()}{text[1:]}.", epilog="See also: himds --help"
    )
    parser.set_defaults(run=run)
    return parser


def _resource(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--resource", default=ARM, metavar="URL", help=f"what the token is for (default: {ARM})")


def _client(options: argparse.Namespace) -> himds.Client:
    names = ("source", "endpoint", "token_dir", "client_id", "object_id", "resource_id", "timeout", "max_attempts")
    return himds.Client(**{name: getattr(options, name) for name in names})


def _token(options: argparse.Namespace) -> int:
    client = _client(options)
    token = client.token(options.resource)
    if options.force_refresh:
        first = token.token
        token = client.token(options.resource, force_refresh=True)
        if token.token == first:
            say("himds: the service returned the same token: it renews its own as it sees fit")
    if options.json:
        names = ("token", "expires_on", "refresh_on", "resource", "token_type")
        print_json({name: getattr(token, name) for name in names})
    else:
        print(token.token)
    return 0


def _metadata(options: argparse.Namespace) -> int:
    value = _client(options).metadata().pointer(options.path)
    if isinstance(value, str) and not options.json:
        print(printable(value, lines=True) if sys.stdout.isatty() else value)
    else:
        print_json(value)
    return 0


def _claims(options: argparse.Namespace) -> int:
    if options.stdin:
        claims = himds.decode_claims(_stdin().strip())
    else:
        claims = _client(options).token(options.resource).claims()
    if options.json:
        print_json(claims)
        return 0
    for name, value in claims.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if name in ("exp", "iat", "nbf") and type(value) is int and 0 <= value < 253402300800:
            text += strftime("  (%Y-%m-%d %H:%M:%S UTC)", gmtime(value))
        print(f"{printable(name)}: {printable(text)}")
    return 0


def _stdin() -> str:
    if sys.stdin is None:
        raise himds.InvalidArgumentError("standard input is closed", hint="Give the token on standard input.")
    try:
        return sys.stdin.read()
    except OSError as error:
        raise himds.InvalidArgumentError(f"standard input cannot be read: {error.strerror}") from error


def _source(options: argparse.Namespace) -> int:
    client = _client(options)
    if options.json:
        print_json({"source": client.source, "reason": client.source_reason, "endpoint": client.endpoint})
    else:
        print(f"source:   {client.source or 'none'}\nreason:   {client.source_reason}")
        print(f"endpoint: {client.endpoint or 'none'}")
    return 0 if client.source else 3


def _diagnose(options: argparse.Namespace) -> int:
    diagnosis = _client(options).diagnose(options.resource)
    if options.json:
        print_json(diagnosis)
    else:
        _print_diagnosis(diagnosis)
    return 0 if diagnosis["ok"] else 1


def _print_diagnosis(diagnosis: dict[str, Any]) -> None:
    colours = {"ok": "32", "warning": "33", "failed": "31"} if coloured() else {}
    print(f"source: {diagnosis['source'] or 'none'} ({printable(diagnosis['source_reason'])})")
    for finding in diagnosis["findings"]:
        status = finding["status"]
        mark = f"{status:<7}"
        if status in colours:
            mark = f"\033[{colours[status]}m{mark}\033[0m"
        print(f"{mark} {finding['name']}: {printable(finding['detail'])} [{finding['elapsed_ms']:.1f} ms]")
        if finding["fix"]:
            print(f"        -> {printable(finding['fix'])}")
    print("a token can be had" if diagnosis["ok"] else "no token can be had")


def _report(error: himds.Error, *, as_json: bool) -> None:
    if as_json:
        say(json.dumps({name: getattr(error, name) for name in ERROR_MEMBERS}, indent=2))
        return
    say(f"himds: {error.kind}: {printable(error.message)}")
    if error.hint:
        say(f"hint: {printable(error.hint)}")


def _status(number: int) -> int:
    """The exit status for a kind of error; see EPILOG."""
    if number < 100:
        return 2
    if number < 110:
        return 3
    if number < 200:
        return 4
    return 5 if number < 300 else 70


if __name__ == "__main__":
    sys.exit(main())
