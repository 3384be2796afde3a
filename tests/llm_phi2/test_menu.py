"""The plugin's menu is light and complete."""

from __future__ import annotations

import subprocess
import sys

import pluggy
import sensorium_llm_phi2
from sensorium import hooks
from sensorium_llm_phi2.template import LLAVA_PHI


def test_reading_the_menu_imports_nothing_heavy():
    code = (
        "import sys, sensorium_llm_phi2 as menu\n"
        "light = set(sys.modules)\n"
        "specs = list(menu.register_language_models()) + list(menu.register_chat_templates())\n"
        "print([s.name for s in specs])\n"
        "print(sorted({'torch', 'transformers', 'pydantic', 'peft'} & light))\n"
        "print(sorted({'torch', 'transformers', 'peft'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['phi2', 'llava-phi']", "[]", "[]"]


def test_inspect_imports_no_torch(shared_checkpoint):
    code = (
        "import sys, sensorium_llm_phi2 as menu\n"
        "spec, = menu.register_language_models()\n"
        f"print(spec.inspect(spec.options(checkpoint={str(shared_checkpoint)!r})).width)\n"
        "print('torch' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["80", "False"]


def test_the_hooks_are_hooks(shared_checkpoint):
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    manager.register(sensorium_llm_phi2)
    manager.check_pending()
    ((spec,),) = (list(found) for found in manager.hook.register_language_models())
    model = spec.build(spec.options(checkpoint=str(shared_checkpoint)), "cpu")
    assert model.width == 80
    assert all(field.description for field in spec.options.model_fields.values())


def test_the_template_writes_what_llava_phi_was_tuned_on():
    """LLaVA's conversation `phi`: system USER: <image>\\nQ ASSISTANT: A<|endoftext|>USER: …"""
    user, assistant = LLAVA_PHI.turns["user"], LLAVA_PHI.turns["assistant"]
    first = LLAVA_PHI.system + user.before + "<image>" + LLAVA_PHI.media_separator + "Q"
    answer = assistant.before + assistant.separator + "A" + assistant.after
    again = user.before.removeprefix(" ") + user.separator + "Q2" + assistant.before
    assert first + answer + again == (
        "A chat between a curious user and an artificial intelligence assistant. The assistant "
        "gives helpful, detailed, and polite answers to the user's questions. "
        "USER: <image>\nQ ASSISTANT: A<|endoftext|>USER: Q2 ASSISTANT:"
    )
    assert LLAVA_PHI.stop == ("<|endoftext|>",)
