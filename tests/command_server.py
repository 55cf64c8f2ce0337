"""Runs commands of one checkout in forks of a process that has imported everything once.

Most of the time of a short command is spent on imports. ``command_server.py serve SOCKET`` waits;
``command_server.py SOCKET ARGUMENTS`` is `supplygraph ARGUMENTS` in the caller's folder, with the
caller's streams and the exit code of the command.
"""

from __future__ import annotations

import json
import os
import socket
import sys

REQUEST_BYTES = 1 << 20


def serve(name: str) -> None:
    """Import the package, say where it lies, and answer requests until killed."""
    import importlib
    import pkgutil
    import signal

    import supplygraph

    for module in pkgutil.walk_packages(supplygraph.__path__, "supplygraph."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forks that are done
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    os.write(1, f"{supplygraph.__file__}\n".encode())
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(connection)
        connection.close()


def answer(connection: socket.socket) -> None:
    """Run one command on the streams that came with the request, send its exit code, end."""
    from supplygraph.cli.app import main

    message, streams, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # The streams of the server know what they lay on at its start, such as whether it can seek.
    sys.stdin, sys.stdout, sys.stderr = (open(n, m) for n, m in enumerate(("r", "w", "w")))  # noqa: SIM115
    folder, arguments = json.loads(message)
    os.chdir(folder)
    sys.argv = ["supplygraph", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([code]))
        os._exit(0)


def ask(name: str, arguments: list[str]) -> int:
    """Exit code of a command that the server runs on the streams of this process."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(name)
        request = json.dumps([os.getcwd(), arguments]).encode()
        socket.send_fds(connection, [request], [0, 1, 2])
        return connection.recv(1)[0]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
