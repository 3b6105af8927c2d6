"""The installed library: a temporary prefix with it, for tests that use it as another project does."""
import os
import subprocess
import tempfile


def run(*command, cwd=None, env=None):
    """Runs it, and returns what it prints; fails with that if it fails."""
    ended = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {ended.returncode}\n{ended.stdout}")
    return ended.stdout


class Installed:
    """`folder` is empty and goes away at the end; `prefix` is where the library is."""

    def __init__(self, build):
        self._temporary = tempfile.TemporaryDirectory(prefix="fulmar-library-")
        self.folder = os.path.join(self._temporary.name, "project")
        self.prefix = os.path.join(self._temporary.name, "prefix")
        os.mkdir(self.folder)
        run("cmake", "--install", build, "--component", "library", "--prefix", self.prefix)

    def headers(self):
        """All installed headers, as they are included: fulmar/sim/world.h."""
        include = os.path.join(self.prefix, "include")
        for folder, _, names in sorted(os.walk(include)):
            for name in sorted(names):
                yield os.path.relpath(os.path.join(folder, name), include)

    def close(self):
        self._temporary.cleanup()
