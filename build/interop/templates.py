"""Renders test conversations with the chat templates of many models in Jinja2 itself, set up as the libraries that the
templates were written for set it up, for the test that the engine renders the same.

Prints {template: {"source": text, "rendered": {conversation: text or null}}}; null is a conversation that the template
refuses. Arguments: a directory of .jinja files, a file of conversations.
"""

import datetime
import json
import pathlib
import sys

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment


def refuse(why):
    raise jinja2.TemplateError(why)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
environment.filters["tojson"] = lambda x, **kw: json.dumps(x, ensure_ascii=False, **kw)
environment.globals["raise_exception"] = refuse
environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)

conversations = json.loads(pathlib.Path(sys.argv[2]).read_text())
out = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
    source, rendered = file.read_text(), {}
    for name, messages in conversations.items():
        try:
            rendered[name] = environment.from_string(source).render(
                messages=messages, add_generation_prompt=True, enable_thinking=False, bos_token="<BOS>", eos_token="<EOS>"
            )
        except (jinja2.TemplateError, TypeError):
            rendered[name] = None
    out[file.stem] = {"source": source, "rendered": rendered}
json.dump(out, sys.stdout)
