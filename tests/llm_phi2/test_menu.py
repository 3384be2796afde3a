"""The plugin's menu is light and complete."""

from __future__ import annotations

import subprocess
import sys

import pluggy
import sensorium_llm_phi2
from sensorium import hooks
from sensorium.messages import Media, Message
from sensorium.render import render, stop_ids
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


def test_the_template_writes_what_llava_phi_was_tuned_on(model):
    """LLaVA's conversation: system USER: <image>\nQ ASSISTANT: A<|endoftext|>USER: …"""
    tokenizer = model.tokenizer
    picture = Media("image", "digest", None)
    messages = [
        Message.user(picture, "What is this?"),
        Message.assistant("two cats"),
        Message.user("yes?"),
    ]
    before, slot, question, answer, again = render(messages, LLAVA_PHI, tokenizer)
    assert tokenizer.decode(before.ids) == (
        "A chat between a curious user and an artificial intelligence assistant. The assistant "
        "gives helpful, detailed, and polite answers to the user's questions. USER: "
    )
    assert slot.media == picture
    assert list(question.ids) == tokenizer.encode("\nWhat is this? ASSISTANT:")
    end = tokenizer.control("<|endoftext|>")
    assert list(answer.ids) == [*tokenizer.encode(" two cats"), end]
    assert answer.answer
    assert not question.answer
    assert list(again.ids) == tokenizer.encode("USER: yes? ASSISTANT:")
    assert stop_ids(LLAVA_PHI, tokenizer) == {end}
