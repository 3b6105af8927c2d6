"""Manual pages, from what the programs say of themselves and from docs/configuration.md."""
import re

EXIT = {"fulmar": [("0", "Done."), ("1", "It failed; standard error says why, with Kafka's name of the error."),
                   ("2", "The command line or the configuration is wrong; nothing was done.")]}


def escaped(text):
    """Roff's own characters are taken literally; `-` as it is typed."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "\\[u2026]")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def marked(text):
    """Markdown's `code` in bold, its links as their text. Lists may be broken after a comma."""
    text = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text)
    return re.sub(r",(?=\S)", r",\\:", re.sub(r"`(.*?)`", r"\\fB\1\\fP", escaped(text)))


def head(name, section, version, what):
    # Names of options and properties are long, and must not be broken.
    return [f'.TH {name.upper()} {section} "" "Fulmar {version}" "Fulmar"', ".nh", ".ad l", ".SH NAME", f"{escaped(name)} \\- {escaped(what)}"]


def option(one):
    names = ", ".join(f"\\fB{escaped(name)}\\fP" for name in one.names)
    value = f" \\fI{escaped(one.value)}\\fP" if one.value and one.value != "arg" else " \\fIVALUE\\fP" if one.value else ""
    default = f" (default: {escaped(one.default)})" if one.default else ""
    return [".TP", names + value, escaped(one.text) + default]


def paragraphs(lines):
    out = []
    for line in lines:
        out.append(escaped(line) if line else ".PP")
    return out


def command(name, one):
    out = [f".SS {escaped(name)} {escaped(' '.join(one.path))}"]
    for line in one.synopsis:
        out += [escaped(line), ".br"]
    if one.text:
        out += [".PP", *paragraphs(one.text)]
    for each in one.options:
        out += option(each)
    return out


def program(name, what, about, commands, version, files, see):
    """The page of a program: `commands` are those that can be run; `about`: paragraphs."""
    out = head(name, 1, version, what)
    out += [".SH SYNOPSIS", f"\\fB{escaped(name)}\\fP \\fICOMMAND\\fP [\\fIOPTIONS\\fP]", ".SH DESCRIPTION"]
    for number, text in enumerate(about):
        out += [".PP"] * (number > 0) + [escaped(text)]
    out += [".SH COMMANDS"]
    for one in commands:
        out += command(name, one)
    if name in EXIT:
        out += [".SH EXIT STATUS"]
        for code, text in EXIT[name]:
            out += [".TP", f".B {code}", escaped(text)]
    if files:
        out += [".SH FILES"]
        for path, text in files:
            out += [".TP", f".I {escaped(path)}", escaped(text)]
    return out + [".SH SEE ALSO", ", ".join(f"\\fB{escaped(page)}\\fP({section})" for page, section in see)]


def properties(rows, version):
    """broker.properties(5), of the table of a broker's properties."""
    out = head("broker.properties", 5, version, "what a Fulmar broker is configured by")
    out += [".SH DESCRIPTION", "One \\fINAME\\fP=\\fIVALUE\\fP a line, in Kafka's names; lines that begin with # or ! are comments, and blanks around a value are",
            "ignored. The broker reads the file that \\fBfulmar broker \\-\\-config\\fP names, and does not start with a name or a value that it can't take.",
            "Many properties can be changed while the broker runs: see \\fBfulmar cluster config\\fP in \\fBfulmar\\fP(1).", ".SH PROPERTIES"]
    for name, default, allowed, meaning in rows:
        out += [".TP", f"\\fB{escaped(name)}\\fP", marked(meaning), ".br", f"Allowed: {marked(allowed)}. Default: {marked(default)}."]
    out += [".SH FILES", ".TP", ".I /etc/fulmar/broker.properties", "The configuration of the packaged service.", ".SH SEE ALSO", "\\fBfulmar\\fP(1)"]
    return out
