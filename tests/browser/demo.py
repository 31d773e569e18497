"""A small real bot that uses everything the page has to show."""

import asyncio
import io
from enum import Enum

import discord
from discord import app_commands, ui
from PIL import Image, ImageDraw

MODELS = ("painter", "painter-xl", "watercolour", "flux-dev", "flux-pro")
HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script>"


class Style(Enum):
    """Choices of an option."""

    oil = "oil"
    ink = "ink"
    pencil = "pencil"


def picture(name: str, hue: int, size: tuple[int, int] = (512, 512)) -> discord.File:
    """Draw something that can be told apart."""
    width, height = size
    image = Image.new("HSV", size, (hue, 140, 120)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for step in range(12):
        inset = step * min(size) // 26
        shade = Image.new("HSV", (1, 1), ((hue + step * 9) % 256, 170, 110 + step * 12))
        box = (inset, inset, width - inset, height - inset)
        draw.ellipse(box, fill=shade.convert("RGB").getpixel((0, 0)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    buffer.seek(0)
    return discord.File(buffer, filename=f"{name}.png", description=f"{name}, a drawing")


class Card(ui.LayoutView):
    """What a finished job looks like: four pictures, facts, buttons."""

    def __init__(self, demo: "Demo", prompt: str, files: list[discord.File]) -> None:
        super().__init__(timeout=None)
        self.demo = demo
        box = ui.Container(accent_colour=discord.Colour(0x5865F2))
        box.add_item(ui.TextDisplay(f"### {prompt}"))
        box.add_item(ui.MediaGallery(*[discord.MediaGalleryItem(file) for file in files]))
        box.add_item(ui.TextDisplay("-# painter · seed 7 · 512x512 · 1.2 s · 4 credits"))
        box.add_item(self._row(("U1", "U2", "U3", "U4"), discord.ButtonStyle.secondary))
        box.add_item(self._row(("V1", "V2", "V3", "V4"), discord.ButtonStyle.primary))
        box.add_item(self._last_row())
        box.add_item(ui.Separator(spacing=discord.SeparatorSpacing.large))
        box.add_item(ui.TextDisplay("-# Reroll 12 · Vary 4 · AI-generated"))
        self.add_item(box)

    def _row(self, names: tuple[str, ...], style: discord.ButtonStyle) -> ui.ActionRow:
        row = ui.ActionRow()
        for name in names:
            button = ui.Button(label=name, style=style, custom_id=f"demo:{name}")
            button.callback = self.demo.upscale
            row.add_item(button)
        return row

    def _last_row(self) -> ui.ActionRow:
        row = ui.ActionRow()
        for emoji, name, style in (
            ("🔄", "slow", discord.ButtonStyle.success),
            ("✏️", "remix", discord.ButtonStyle.secondary),
            ("🗑️", "mute", discord.ButtonStyle.danger),
        ):
            button = ui.Button(emoji=emoji, style=style, custom_id=f"demo:{name}")
            button.callback = getattr(self.demo, name)
            row.add_item(button)
        row.add_item(ui.Button(label="Off", disabled=True, custom_id="demo:off"))
        row.add_item(ui.Button(label="Model", url="https://example.com/model"))
        return row


class Form(ui.Modal, title="Remix the picture"):
    """Every kind of field."""

    about = ui.TextDisplay("Change what you like. **Nothing** is charged yet.")
    prompt = ui.Label(
        text="Prompt",
        description="What to draw instead",
        component=ui.TextInput(style=discord.TextStyle.paragraph, default="a fox", min_length=3),
    )
    style = ui.Label(
        text="Style",
        component=ui.Select(
            required=False,
            options=[
                discord.SelectOption(label="Oil", value="oil", description="Thick paint"),
                discord.SelectOption(label="Ink", value="ink", emoji="🖋️"),
            ],
        ),
    )
    seed = ui.Label(text="Seed", component=ui.TextInput(required=False, max_length=10))
    image = ui.Label(text="Picture", component=ui.FileUpload(required=False, max_values=2))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        files = self.image.component.values
        sizes = [len(await file.read()) for file in files]
        style = ", ".join(self.style.component.values) or "no style"
        await interaction.response.send_message(
            f"Remix: {self.prompt.component.value} / {style} / {sizes}", ephemeral=True
        )


class Choices(ui.Modal, title="Choices"):
    """The fields that are ticked or picked."""

    size = ui.Label(
        text="Size",
        component=ui.RadioGroup(
            options=[
                discord.RadioGroupOption(label="Small", value="small", description="512 pixels"),
                discord.RadioGroupOption(label="Large", value="large"),
            ]
        ),
    )
    extras = ui.Label(
        text="Extras",
        component=ui.CheckboxGroup(
            min_values=1,
            max_values=2,
            options=[discord.CheckboxGroupOption(label=x, value=x) for x in "abc"],
        ),
    )
    fast = ui.Label(text="Fast lane", component=ui.Checkbox(default=True))
    who = ui.Label(text="For whom", component=ui.UserSelect(max_values=2))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        who = [user.name for user in self.who.component.values]
        facts = [self.size.component.value, self.extras.component.values]
        interaction.client.chosen = [*facts, self.fast.component.value, who]
        await interaction.response.send_message("Chosen well")


class Demo(discord.Client):
    """The bot. `gate` holds back what a test wants to see before it goes on."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.gate = asyncio.Event()
        self.chosen: list[object] = []
        for command in (paint, show, talk, whisper, wait, mute, form, choices, pick, upload):
            self.tree.add_command(command)
        self.tree.add_command(app_commands.ContextMenu(name="Job info", callback=job_info))
        self.tree.add_command(app_commands.ContextMenu(name="Credits", callback=credit_info))

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def upscale(self, interaction: discord.Interaction) -> None:
        name = interaction.data["custom_id"].removeprefix("demo:")
        await interaction.response.send_message(f"{name} by {interaction.user.mention}")

    async def slow(self, interaction: discord.Interaction) -> None:
        await self.gate.wait()
        await interaction.response.defer()

    async def remix(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form(timeout=900))

    async def mute(self, interaction: discord.Interaction) -> None:
        """Never answer."""


@app_commands.command()
@app_commands.describe(
    prompt="What to draw",
    count="How many pictures",
    style="How it should look",
    strength="How much may change",
    hd="Twice as large",
)
async def paint(
    interaction: discord.Interaction,
    prompt: app_commands.Range[str, 3, 100],
    count: app_commands.Range[int, 1, 10] = 4,
    style: Style | None = None,
    strength: app_commands.Range[float, 0.0, 1.0] | None = None,
    *,
    hd: bool | None = None,
) -> None:
    """Draw pictures from a prompt."""
    interaction.client.chosen = [count, style and style.value, strength, hd]
    files = [picture(f"picture-{index}", index * 60) for index in range(count)]
    card = Card(interaction.client, prompt, files)
    await interaction.response.send_message(view=card, files=files)


@app_commands.command()
@app_commands.describe(
    model="Which model drew it",
    friend="For whom",
    place="Where to",
    role="Who may see it",
    image="What to show",
)
async def show(
    interaction: discord.Interaction,
    model: str,
    friend: discord.Member | None = None,
    place: discord.TextChannel | None = None,
    role: discord.Role | None = None,
    image: discord.Attachment | None = None,
) -> None:
    """Show a picture to somebody."""
    facts = [thing and thing.name for thing in (friend, place, role)]
    interaction.client.chosen = [model, *facts, image and len(await image.read())]
    await interaction.response.send_message(f"Shown: {model}")


@show.autocomplete("model")
async def models(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=m.title(), value=m) for m in MODELS if typed.lower() in m]


@app_commands.command()
async def talk(interaction: discord.Interaction, *, hostile: bool = False) -> None:
    """Say something with markdown, an embed and a file."""
    text = MARKDOWN.format(user=interaction.user.id, channel=interaction.channel_id)
    text = HOSTILE if hostile else text
    embed = discord.Embed(title="A card", description=text[:200], colour=0xE67E22)
    embed.url = "https://example.com/"
    embed.add_field(name="Model", value="painter").add_field(name="Seed", value="`7`")
    embed.set_footer(text="embed footer").set_author(name="Atelier")
    embed.set_thumbnail(url="attachment://small.png")
    note = discord.File(io.BytesIO(b"hello"), filename="notes.txt")
    await interaction.response.send_message(text, embed=embed, files=[note, picture("small", 90)])


@app_commands.command()
async def whisper(interaction: discord.Interaction) -> None:
    """Answer so that only you see it."""
    await interaction.response.send_message("A secret for you", ephemeral=True)


@app_commands.command()
async def wait(interaction: discord.Interaction) -> None:
    """Think, show progress, and be done."""
    gate = interaction.client.gate
    await interaction.response.defer()
    await gate.wait()
    gate.clear()
    await interaction.edit_original_response(content="50 %", attachments=[picture("half", 20)])
    await gate.wait()
    await interaction.edit_original_response(content="100 %")


@app_commands.command()
async def mute(interaction: discord.Interaction) -> None:
    """Never answer."""


@app_commands.command()
async def form(interaction: discord.Interaction) -> None:
    """Open a form."""
    await interaction.response.send_modal(Form(timeout=900))


@app_commands.command()
async def choices(interaction: discord.Interaction) -> None:
    """Open a form of choices."""
    await interaction.response.send_modal(Choices(timeout=900))


@app_commands.command()
async def pick(interaction: discord.Interaction) -> None:
    """Offer select menus."""
    view = ui.View(timeout=None)
    options = [discord.SelectOption(label=m, description=f"The model {m}") for m in MODELS]
    one = ui.Select(custom_id="one", placeholder="One model", options=options)
    many = ui.Select(custom_id="many", placeholder="Some models", options=options, max_values=3)
    who = ui.UserSelect(custom_id="who", placeholder="Somebody")
    role = ui.RoleSelect(custom_id="role", placeholder="A role")
    place = ui.ChannelSelect(custom_id="place", placeholder="A place")
    for select in (one, many, who, role, place):

        async def chosen(inner: discord.Interaction, select: ui.Select = select) -> None:
            values = ", ".join(getattr(value, "name", str(value)) for value in select.values)
            await inner.response.send_message(f"Chosen: {values}")

        select.callback = chosen
        view.add_item(select)
    await interaction.response.send_message("Choose", view=view)


@app_commands.command()
async def upload(interaction: discord.Interaction, picture: discord.Attachment) -> None:
    """Look at a picture of yours."""
    await interaction.response.send_message(f"{picture.filename}: {picture.width}x{picture.height}")


async def job_info(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"Job of message {message.id}", ephemeral=True)


async def credit_info(interaction: discord.Interaction, user: discord.Member) -> None:
    await interaction.response.send_message(f"{user.name} has 100 credits", ephemeral=True)


MARKDOWN = """# Heading
## Smaller
**bold** *italic* __under__ ~~gone~~ `code` ||secret|| \\*plain\\*
> quoted **words**
- one
  - inside
- two
1. first
2. second
-# small print
[a link](https://example.com/x) https://example.com/y <@{user}> <#{channel}>
<t:1700000000:R> snake_case_name
```py
print("<b>hi</b>")
```
after"""
