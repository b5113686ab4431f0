"""The user's cache of Kafka's jars."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from headrace.cluster.artifacts import KAFKA_VERSION, Artifact, broker_artifacts
from headrace.cluster.download import MAVEN_CENTRAL, download
from headrace.cluster.lock import directory_lock
from headrace.cluster.maven import copy_by_maven
from headrace.core.errors import ClusterError

_WAIT_FOR_OTHERS_S = 900.0


def quiet(_line: str) -> None:
    """Takes lines about progress where nobody wants to know."""


def cache_directory(environment: Mapping[str, str] | None = None) -> Path:
    """`headrace` in XDG_CACHE_HOME, which is `~/.cache` if it is not set."""
    variables = os.environ if environment is None else environment
    base = variables.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "headrace"


def ensure_jars(
    *,
    cache: Path | None = None,
    artifacts: Sequence[Artifact] | None = None,
    repository: str | None = None,
    maven: str | None = None,
    tell: Callable[[str], None] = quiet,
) -> Path:
    """The folder with the jars of a broker; fetches them if it is not there.

    Each jar is compared with its checksum before the folder gets its name, so a folder of that name is complete.

    Args:
        cache: Where such folders lie; the user's cache by default.
        artifacts: The jars; those of a broker by default.
        repository: Maven repository to download from, even if there is Maven; Maven Central by default.
        maven: The program `mvn`, used unless `repository` is given; None for downloads.
        tell: Takes lines about the progress.

    Raises:
        ClusterError: A jar cannot be had or is not the one that is pinned.
    """
    wanted = broker_artifacts() if artifacts is None else artifacts
    root = cache_directory() if cache is None else cache
    folder = root / f"kafka-{KAFKA_VERSION}-{_key(wanted)}"
    if folder.is_dir():
        return folder
    with directory_lock(root, wait_s=_WAIT_FOR_OTHERS_S):
        if not folder.is_dir():
            _fill(folder, wanted, repository, maven, tell)
    return folder


def _key(artifacts: Sequence[Artifact]) -> str:
    """Another choice of jars is another folder, also for the same version of Kafka."""
    return hashlib.sha256("".join(sorted(artifact.sha256 for artifact in artifacts)).encode()).hexdigest()[:8]


def _fill(
    folder: Path, artifacts: Sequence[Artifact], repository: str | None, maven: str | None, tell: Callable[[str], None]
) -> None:
    # What an interrupted download has left here is used again.
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    if maven is not None and repository is None:
        tell(f"fetching Kafka {KAFKA_VERSION} with {maven} (once, about 45 MB)")
        copy_by_maven(maven, artifacts, unfinished)
    else:
        download(repository or MAVEN_CENTRAL, artifacts, unfinished, tell)
    damaged = [artifact.file_name for artifact in artifacts if not artifact.is_intact(unfinished / artifact.file_name)]
    if damaged:
        shutil.rmtree(unfinished)
        message = f"jars that are missing or have another checksum than they should: {', '.join(damaged)}"
        raise ClusterError(message, hint="the repository that Maven uses serves other files than Maven Central")
    unfinished.rename(folder)
