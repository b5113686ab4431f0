"""Getting jars by Maven, which knows the user's mirrors, proxies and local repository."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.cluster.artifacts import Artifact
from headrace.core.errors import ClusterError

_LONGEST_S = 900.0
_LINES_TOLD = 5

_PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>headrace</groupId><artifactId>kafka-broker</artifactId><version>1</version>
<dependencies>
{dependencies}
</dependencies></project>
"""
_DEPENDENCY = "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"


def copy_by_maven(maven: str, artifacts: Sequence[Artifact], target: Path) -> None:
    """Copies exactly these jars into a folder.

    Args:
        maven: The program `mvn`.
        artifacts: The jars; what they themselves require is not followed.
        target: The folder.

    Raises:
        ClusterError: Maven failed; with its last words.
    """
    dependencies = "\n".join(_DEPENDENCY.format(group=a.group, name=a.name, version=a.version) for a in artifacts)
    with TemporaryDirectory(prefix="headrace-maven-") as folder:
        project = Path(folder) / "pom.xml"
        project.write_text(_PROJECT.format(dependencies=dependencies), encoding="utf-8")
        goal = ["dependency:copy-dependencies", "-DexcludeTransitive=true", f"-DoutputDirectory={target}"]
        command = [maven, "--quiet", "--batch-mode", "--file", str(project), *goal]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            message = f"{maven} could not fetch Kafka's jars: {error}"
            raise ClusterError(message) from None
    if ran.returncode != 0:
        said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.startswith("[ERROR]")]
        message = "\n".join([f"{maven} could not fetch Kafka's jars:", *said[:_LINES_TOLD]])
        raise ClusterError(message, hint="see Maven's settings (mirrors, proxies), or download without it: --repository URL")
