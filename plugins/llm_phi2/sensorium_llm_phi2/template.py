"""The chat template of LLaVA-Phi: Vicuna v1 with Phi's end-of-text token."""

from __future__ import annotations

from sensorium.specs import ChatTemplate, Turn

LLAVA_PHI = ChatTemplate(
    name="llava-phi",
    summary="USER: … ASSISTANT: …<|endoftext|>, as LLaVA's Phi models are tuned",
    system=(
        "A chat between a curious user and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the user's questions."
    ),
    turns={
        "system": Turn(),
        # " USER: " ends with a space even where a picture follows: LLaVA cuts its prompt at
        # "<image>", so the space before it is tokenised on its own, and the space before a
        # question becomes part of its first word. After <|endoftext|> LLaVA writes no space: the
        # renderer strips the leading one where the previous run ended with a control token.
        "user": Turn(before=" USER: "),
        # "ASSISTANT:" is given and " Yes" is learned: the separator belongs to the answer.
        "assistant": Turn(before=" ASSISTANT:", separator=" ", after="<|endoftext|>"),
    },
    stop=("<|endoftext|>",),
    media_separator="\n",
)
