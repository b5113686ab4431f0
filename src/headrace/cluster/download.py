"""Getting jars straight from a Maven repository over HTTPS, where there is no Maven."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from headrace.cluster.artifacts import Artifact
from headrace.core.errors import ClusterError

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"

_SILENCE_S = 60.0


def download(repository: str, artifacts: Sequence[Artifact], target: Path, tell: Callable[[str], None]) -> None:
    """Downloads these jars into a folder; those that are there and intact are kept.

    Args:
        repository: Address of a Maven repository.
        artifacts: The jars.
        target: The folder.
        tell: Takes a line about the progress.

    Raises:
        ClusterError: A jar cannot be had, or has another checksum than it should.
    """
    missing = [artifact for artifact in artifacts if not artifact.is_intact(target / artifact.file_name)]
    for number, artifact in enumerate(missing, start=1):
        tell(f"downloading {number} of {len(missing)}: {artifact.file_name}")
        _download_one(f"{repository.rstrip('/')}/{artifact.repository_path}", artifact, target)


def _download_one(address: str, artifact: Artifact, target: Path) -> None:
    part = target / f"{artifact.file_name}.part"
    try:
        with urllib.request.urlopen(address, timeout=_SILENCE_S) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as error:
        message = f"cannot download {address}: {error}"
        hint = "for a mirror choose --repository URL, for a proxy set https_proxy; or install Maven"
        raise ClusterError(message, hint=hint) from None
    if not artifact.is_intact(part):
        part.unlink()
        message = f"{address} is not the file it should be: its SHA-256 is not {artifact.sha256}"
        raise ClusterError(message, hint="the download was damaged, or the repository serves another file")
    part.rename(target / artifact.file_name)
