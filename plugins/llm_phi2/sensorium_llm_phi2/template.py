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
        # The space after "USER:" is the separator's, before a picture too: LLaVA cuts its prompt
        # at "<image>" and tokenises "… USER: ". After <|endoftext|> LLaVA writes no space: the
        # renderer strips the leading one where the previous run ended with a control token.
        "user": Turn(before=" USER:", separator=" "),
        # "ASSISTANT:" is given and " Yes" is learned: the separator belongs to the answer.
        "assistant": Turn(before=" ASSISTANT:", separator=" ", after="<|endoftext|>"),
    },
    stop=("<|endoftext|>",),
    media_separator="\n",
)
