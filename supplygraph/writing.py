"""Files out: whole or not at all.

Every writer writes under a temporary name beside its target and renames, so that a run that is
killed, or a disk that is full, leaves the old file or none. While it writes it holds a lock on
the temporary file; the next write into the folder sweeps those whose lock nobody holds.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from supplygraph.errors import SupplygraphError

try:
    import fcntl
except ImportError:  # no locks there: what is left behind is swept by its age alone
    fcntl = None  # type: ignore[assignment]

PREFIX, SUFFIX = ".supplygraph-", ".part"
_OURS = re.compile(r"\.supplygraph-[a-z0-9_]{8}\.part")
STALE = 86_400.0  # seconds after which a file without locks counts as left behind


def write_text(path: Path, text: str, *, replace: bool = True) -> Path:
    """Write a text file as UTF-8; see :func:`write_whole`.

    Signs that UTF-8 cannot hold (file names of another encoding) are written as numbers.
    """
    return write_bytes(path, encoded(text), replace=replace)


def encoded(text: str) -> bytes:
    """Text as UTF-8, signs that it cannot hold as numbers."""
    return text.encode("utf-8", errors="backslashreplace")


def write_bytes(path: Path, data: bytes, *, replace: bool = True) -> Path:
    """Write a file; see :func:`write_whole`."""
    return write_whole(path, lambda name: name.write_bytes(data), replace=replace)


def write_whole(path: Path, write: Callable[[Path], object], *, replace: bool = True) -> Path:
    """Write a file through a temporary name beside it, so that a failure leaves none.

    A link is followed: the file that it names is written.

    Parameters
    ----------
    path
        File to write; its folder is made if it is not there.
    write
        Writes to the temporary file that it is given.
    replace
        Whether to replace a file that is there by then.

    Raises
    ------
    SupplygraphError
        If the folder cannot be written, or the disk is full.
    FileExistsError
        If `replace` is not set and the file is there, be it written a moment ago.
    """
    target = Path(os.path.realpath(path))
    with _told(path, target if not replace else None):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():  # a pipe would be gone, a folder refuses
            raise SupplygraphError(f"'{path}' is no regular file. Name another.")
        with _staged(target.parent) as staging:
            write(staging)
            staging.chmod(0o644)
            _put(staging, target, replace)
    return path


def write_folder(
    path: Path, files: Mapping[str, bytes], *, replaces: Iterable[str] = ()
) -> list[Path]:
    """Write a folder of files, whole or not at all.

    Parameters
    ----------
    path
        Folder to write; it is made with those above it.
    files
        Content by name.
    replaces
        Further names that an earlier folder there may hold; they go. Where it holds nothing
        else it is replaced as a whole. Where other files lie there, which stay, and where a
        folder cannot be renamed (a mount, the folder one stands in), each file alone is whole,
        and the last of them, which describes the others, is gone until all are written.

    Raises
    ------
    SupplygraphError
        If it cannot be written, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    with _told(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        inside = _holds_more(target, [*files, *replaces]) or _is_fixed(target)
        home = target if inside else target.parent
        with _staged(home, as_folder=True) as staging:
            for name, content in files.items():
                (staging / name).write_bytes(content)
                (staging / name).chmod(0o644)
            if inside:
                _fill(staging, target, files, replaces)
            else:
                staging.chmod(0o755)
                _exchange(staging, target)
    return [path / name for name in files]


def _holds_more(target: Path, names: Iterable[str]) -> bool:
    """Whether a folder holds more than files of some names and what writers left behind."""
    found = set(os.listdir(target)) if target.is_dir() else set()
    return any(not _OURS.fullmatch(name) for name in found.difference(names))


def _is_fixed(target: Path) -> bool:
    """Whether a folder that is there cannot give way to another one."""
    if not target.is_dir():
        return False
    here = os.path.samefile(target, os.curdir)
    return here or os.path.ismount(target) or not os.access(target.parent, os.W_OK)


def _fill(staging: Path, target: Path, files: Iterable[str], replaces: Iterable[str]) -> None:
    last = list(files)[-1:]  # what describes the others is the last to be there again
    for name in (set(replaces) - set(files)).union(last):
        (target / name).unlink(missing_ok=True)
    for name in files:
        os.replace(staging / name, target / name)


def _exchange(staging: Path, target: Path) -> None:
    """Give a finished folder its name; an earlier one steps aside first.

    Between the two renames there is neither: a run killed there leaves no folder, never a mixed
    one.
    """
    if target.is_dir() and any(target.iterdir()):
        with _locked(target), _staged(target.parent, as_folder=True) as aside:
            aside.rmdir()
            os.rename(target, aside)
            try:
                os.rename(staging, target)
            except BaseException:
                os.rename(aside, target)
                raise
        return
    if target.is_dir():
        target.rmdir()
    os.rename(staging, target)


@contextlib.contextmanager
def _told(path: Path, fresh: Path | None = None) -> Iterator[None]:
    """Failures of the system as one sentence; a target that must be new says so itself."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError) and fresh is not None and fresh.exists():
            raise
        reason = error.strerror or str(error) or "unknown reason"
        raise SupplygraphError(f"'{path}' cannot be written ({reason}).") from None


def _put(staging: Path, target: Path, replace: bool) -> None:
    """Give a finished file its name; a hard link alone refuses a name that is taken."""
    if not replace:
        try:
            os.link(staging, target)
            return
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError(str(target)) from None
    os.replace(staging, target)


@contextlib.contextmanager
def _staged(folder: Path, *, as_folder: bool = False) -> Iterator[Path]:
    """A temporary file or folder that is locked while it is written and gone afterwards."""
    sweep(folder)
    staging, lock = _make(folder, as_folder)
    try:
        yield staging
    finally:
        _remove(staging)
        _release(lock)


def _make(folder: Path, as_folder: bool) -> tuple[Path, int | None]:
    while True:
        if as_folder:
            name = tempfile.mkdtemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
        else:
            handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
            os.close(handle)
        with contextlib.suppress(FileNotFoundError):
            # Another run may sweep it before the lock is held; then a new one is made.
            return Path(name), _lock(Path(name))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = _lock(folder)
    try:
        yield
    finally:
        _release(lock)


def _lock(path: Path, *, wait: bool = True) -> int | None:
    """Lock a file or folder until it is released or the process ends, however it ends.

    None where the system has no locks.

    Raises
    ------
    BlockingIOError
        If another process holds it and `wait` is not set.
    FileNotFoundError
        If it is gone by the time the lock is held.
    """
    if fcntl is None:
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        same = os.stat(path).st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        os.close(descriptor)
        raise
    except OSError:  # a file system without locks
        os.close(descriptor)
        return None
    if not same:
        os.close(descriptor)
        raise FileNotFoundError(str(path))
    return descriptor


def _release(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def sweep(folder: Path) -> None:
    """Remove what killed runs left in a folder: ours, with nobody writing it.

    The lock of a writer ends with it, so that a second run never takes a file from under the
    first. Where there are no locks, only what is a day old counts as left behind.
    """
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if _OURS.fullmatch(name):
                with contextlib.suppress(OSError):
                    _sweep(folder / name)


def _sweep(path: Path) -> None:
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return
    lock = _lock(path, wait=False)
    if lock is not None or time.time() - found.st_mtime > STALE:
        _remove(path)
    _release(lock)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
