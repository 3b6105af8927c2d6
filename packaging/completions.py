"""Completions for bash and zsh, from what the programs say of themselves: commands, options, and the values that options and properties may have."""
import re

FILES = re.compile(r"\b(FILE|FOLDER|DIR)\b")


def choices(option):
    """The words that its value may be, where the help lists them."""
    if re.fullmatch(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+", option.value):
        return option.value.split("|")
    listed = re.fullmatch(r"((?:[\w-]+, )*[\w-]+) or ([\w-]+)", option.text)
    return listed.group(1).split(", ") + [listed.group(2)] if listed and option.default else []


def takes_file(option):
    return bool(FILES.search(option.value)) or option.names[-1] in ("--config", "--data-dir") and option.value == "arg"


# Whose properties --set, --unset and --config name, by command.
PROPERTIES = {"broker": "broker", "cluster config": "broker", "topic create": "topic", "topic alter": "topic", "group config": "group"}
SETS = ("--set", "--unset")


def values(path, option, tables):
    """(words, what follows each of them) for the option's value."""
    name = option.names[-1]
    whose = PROPERTIES.get(" ".join(path))
    if whose and (name in SETS or name == "--config" and option.value == "NAME=VALUE"):
        return [row[0] for row in tables[whose]], "" if name == "--unset" else "="
    return choices(option), ""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def bash(name, tree, flat, tables):
    function = "_" + name.replace("-", "_")
    out = [f"# bash completion of {name}: made from what it says of itself.", f"{function}() {{",
           '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command="${COMP_WORDS[1]:-}" words="" after=" "',
           "  COMPREPLY=()", "  if ((COMP_CWORD == 1)); then",
           f"    COMPREPLY=($(compgen -W {quoted(' '.join([one.path[0] for one in tree] + ['--help']))} -- \"$current\"))", "    return", "  fi",
           "  case $command in"]
    for one in tree:
        if one.members:
            out += [f"    {one.path[0]})", "      if ((COMP_CWORD == 2)); then",
                    f"        COMPREPLY=($(compgen -W {quoted(' '.join([member.path[1] for member in one.members] + ['--help']))} -- \"$current\"))",
                    "        return", "      fi", '      command+=" ${COMP_WORDS[2]}"', "      ;;"]
    out += ["  esac", '  # bash may split the word at its "=".', '  if [[ $previous == "=" || $current == "=" ]]; then return; fi',
            '  case "$command $previous" in']
    for one in flat:
        for option in one.options:
            given, after = values(one.path, option, tables)
            pattern = " | ".join(quoted(" ".join(one.path) + " " + each) for each in option.names)
            if given:
                out += [f"    {pattern}) words={quoted(' '.join(given))} after={quoted(after or ' ')} ;;"]
            elif takes_file(option):
                out += [f"    {pattern}) COMPREPLY=($(compgen -f -- \"$current\")); compopt -o filenames 2>/dev/null; return ;;"]
            elif option.value:
                out += [f"    {pattern}) return ;;"]
    out += ["  esac", '  if [[ -z $words && $current == -* ]]; then', '    case "$command" in']
    for one in flat:
        out += [f"      {quoted(' '.join(one.path))}) words={quoted(' '.join(each for option in one.options for each in option.names[-1:]))} ;;"]
    out += ["    esac", "  fi", '  if [[ -n $words ]]; then', '    COMPREPLY=($(compgen -W "$words" -S "${after# }" -- "$current"))',
            '    if [[ $after == "=" ]]; then compopt -o nospace 2>/dev/null; fi']
    files = [quoted(" ".join(one.path)) for one in flat if re.search(r"\b(DIR|FILE)\b", one.synopsis[0].split("[OPTIONS]")[0].split(" [")[0])]
    if files:
        out += [f'  elif [[ $current != -* ]]; then', '    case "$command" in',
                f"      {' | '.join(files)}) COMPREPLY=($(compgen -f -- \"$current\")); compopt -o filenames 2>/dev/null ;;", "    esac"]
    return out + ["  fi", "}", f"complete -F {function} {name}"]


def described(words):
    """For _describe: NAME:TEXT."""
    return " ".join(quoted(word.replace(":", "\\:") + ":" + text.replace(":", "\\:")) for word, text in words)


def first_sentence(one):
    text = " ".join(one.text) if one.text else ""
    return re.split(r"(?<=[.:;]) ", text)[0].rstrip(".:;") or " ".join(one.path)


def zsh(name, tree, flat, tables):
    function = "_" + name.replace("-", "_")
    out = [f"#compdef {name}", f"# zsh completion of {name}: made from what it says of itself.", f"{function}() {{",
           "  local command=${words[2]} previous=${words[CURRENT-1]}", "  local -a found", "  if (( CURRENT == 2 )); then",
           f"    found=({described((one.path[0], first_sentence(one) if not one.members else ', '.join(each.path[1] for each in one.members)) for one in tree)})",
           "    _describe command found", "    return", "  fi", "  case $command in"]
    for one in tree:
        if one.members:
            out += [f"    {one.path[0]})", "      if (( CURRENT == 3 )); then",
                    f"        found=({described((member.path[1], first_sentence(member)) for member in one.members)})",
                    "        _describe command found", "        return", "      fi", '      command+=" ${words[3]}"', "      ;;"]
    out += ["  esac", '  case "$command $previous" in']
    for one in flat:
        for option in one.options:
            given, after = values(one.path, option, tables)
            pattern = "|".join(quoted(" ".join(one.path) + " " + each) for each in option.names)
            if given:
                out += [f"    ({pattern}) compadd {'-S = ' if after else ''}-- {' '.join(given)}; return ;;"]
            elif takes_file(option):
                out += [f"    ({pattern}) _files; return ;;"]
            elif option.value:
                out += [f"    ({pattern}) _message {quoted(option.text or option.value)}; return ;;"]
    out += ["  esac", "  if [[ ${words[CURRENT]} == -* ]]; then", '    case "$command" in']
    for one in flat:
        out += [f"      {quoted(' '.join(one.path))}) found=({described((option.names[-1], option.text) for option in one.options)}) ;;"]
    return out + ["    esac", "    _describe option found", "  else", "    _files", "  fi", "}", f"{function} \"$@\""]
