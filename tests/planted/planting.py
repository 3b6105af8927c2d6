"""What the tools of this folder have in common: a copy of the tree with a bug planted into it, and campaigns of its simulator."""
import os
import pathlib
import re
import resource
import subprocess

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
planted = root / "build" / "planted"
copy = planted / "tree"
build = copy / "build" / "release"
sim = build / "fulmar-sim"
clean_sim = planted / "fulmar-sim-clean"


def make_copy():
    """The tracked files as they stand, copied only where they differ, so that little has to be built again."""
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = root / name, copy / name
        if not source.is_file():
            continue
        content = source.read_bytes()
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(source.stat().st_mode)


def build_copy():
    """What the compiler complains of; empty if it does not."""
    environment = {**os.environ, "CCACHE_BASEDIR": str(copy), "CCACHE_NOHASHDIR": "1"}
    if not (build / "build.ninja").is_file():
        subprocess.run(["cmake", "--preset", "release"], cwd=copy, check=True, stdout=subprocess.DEVNULL)
    built = subprocess.run(["cmake", "--build", build, "-j", str(os.cpu_count()), "--target", "fulmar-sim"], env=environment,
                           capture_output=True, text=True, check=False)
    return built.stdout[-3000:] if built.returncode != 0 else ""


def scenarios_of(patch):
    named = re.search(r"^Hunted with: (.*)$", patch.read_text().split("\n--- ")[0], re.MULTILINE)
    return re.split(r",\s*", named.group(1)) if named else ["single-broker"]


def all_patches():
    return {patch.stem: patch for patch in sorted(here.glob("*.patch"))}


def plant_into_copy(patch):
    """What is wrong with the patch; empty if the copy has the bug now."""
    if subprocess.run(["patch", "-p1", "--forward", "-s", "-i", patch], cwd=copy, check=False).returncode != 0:
        return f"{patch.stem}: the patch does not apply"
    complaint = build_copy()
    return f"{patch.stem}: does not build\n{complaint}" if complaint else ""


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
