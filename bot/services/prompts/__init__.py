"""The language inside a prompt: Midjourney's flags, and lists that make several prompts of one."""

from bot.services.prompts._flags import Flags, ReadPrompt, read_prompt
from bot.services.prompts._lists import expand
from bot.services.prompts._wishes import RATIOS, wishes_from

__all__ = ["RATIOS", "Flags", "ReadPrompt", "expand", "read_prompt", "wishes_from"]
