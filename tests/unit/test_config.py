"""Settings: where values come from, and one line for each that is malformed."""

import pytest

from bot import config
from bot.config import Settings, Shards, StartError

NAMES = [*(name.upper() for name in Settings.model_fields), "ENV_FILE", "FAL_KEY"]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """No variable of this machine and no `.env` of this folder reaches a test."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default():
    settings = config.load_settings()

    assert settings.discord_token.get_secret_value() == ""
    assert settings.is_sqlite
    assert settings.async_database_url == "sqlite+aiosqlite:///data/atelier.sqlite"
    assert settings.engine_database_url == "sqlite:///data/engine.sqlite"
    assert settings.monthly_budget_usd_micros == 20_000_000
    assert settings.log_level == "INFO"


MALFORMED = {
    "MONTHLY_BUDGET_USD": ["much", "-1", "nan", "inf", "1e9"],
    "OWNER_IDS": ["mia", "1,two", "1.5"],
    "ALLOWED_SERVERS": ["here", "12 there"],
    "SHARDS": ["0", "-1", "x", "4-3/8", "0-8/8", "0-3", "1/2/3"],
    "LOG_LEVEL": ["LOUD", "TRACE"],
    "DATABASE_URL": ["mysql://host/name", "nonsense", "postgresql//host", "://"],
    "PAINTER_SECONDS": ["fast", "-1", "601"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values]
)
def test_malformed_value_is_one_line_that_names_the_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(StartError) as refused:
        config.load_settings()

    line = str(refused.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("1", {1}),
        ("1,2", {1, 2}),
        (" 1, 2\t3 ", {1, 2, 3}),
        ("1,,2,", {1, 2}),
        ("1143290432153919488", {1143290432153919488}),
    ],
)
def test_ids_are_separated_by_commas_or_spaces(monkeypatch, text, expected):
    monkeypatch.setenv("OWNER_IDS", text)
    monkeypatch.setenv("ALLOWED_SERVERS", text)

    settings = config.load_settings()

    assert settings.owner_ids == expected
    assert settings.allowed_servers == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Shards(ids=None, count=None)),
        ("1", Shards(ids=(0,), count=1)),
        ("4", Shards(ids=(0, 1, 2, 3), count=4)),
        ("0-3/8", Shards(ids=(0, 1, 2, 3), count=8)),
        ("5-5/8", Shards(ids=(5,), count=8)),
    ],
)
def test_shards_are_a_count_or_a_range(monkeypatch, text, expected):
    monkeypatch.setenv("SHARDS", text)

    assert Shards.parse(config.load_settings().shards) == expected


@pytest.mark.parametrize(
    "url",
    ["postgresql://mia:s3cret@db:5433/atelier", "postgresql+asyncpg://mia:s3cret@db:5433/atelier"],
)
def test_postgresql_is_served_by_the_one_driver_we_have(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    settings = config.load_settings()

    assert settings.async_database_url == "postgresql+psycopg://mia:s3cret@db:5433/atelier"
    assert not settings.is_sqlite


def test_empty_database_url_means_sqlite_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))

    settings = config.load_settings()

    assert settings.async_database_url == f"sqlite+aiosqlite:///{tmp_path}/elsewhere/atelier.sqlite"
    assert settings.engine_database_url == f"sqlite:///{tmp_path}/elsewhere/engine.sqlite"


@pytest.mark.parametrize("show", [repr, str, lambda settings: f"{settings}"])
def test_settings_never_show_a_secret(monkeypatch, show):
    monkeypatch.setenv("DISCORD_TOKEN", "t0ken")
    monkeypatch.setenv("DATABASE_URL", "postgresql://mia:s3cret@db/atelier")

    shown = show(config.load_settings())

    assert "t0ken" not in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize("url", ["mysql://mia:s3cret@db/atelier", "mia:s3cret@db"])
def test_refusal_of_a_database_url_does_not_show_its_password(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(StartError) as refused:
        config.load_settings()

    assert "s3cret" not in str(refused.value)


def test_settings_cannot_be_changed():
    settings = config.load_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "DEBUG"


def test_values_come_from_the_env_file_of_the_working_folder(tmp_path):
    (tmp_path / ".env").write_text("LOG_LEVEL=debug\nOWNER_IDS=1 2\nUNKNOWN=ignored\n")

    settings = config.load_settings()

    assert settings.log_level == "DEBUG"
    assert settings.owner_ids == {1, 2}


def test_environment_wins_over_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\nFAL_KEY=from-file\n")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.setenv("FAL_KEY", "from-environment")

    assert config.load_settings().log_level == "ERROR"
    assert config.secret("FAL_KEY") == "from-environment"


def test_env_file_names_another_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\nFAL_KEY=a\n")
    (tmp_path / "other.env").write_text("LOG_LEVEL=ERROR\nFAL_KEY=b\n")
    monkeypatch.setenv("ENV_FILE", "other.env")

    assert config.load_settings().log_level == "ERROR"
    assert config.secret("FAL_KEY") == "b"


def test_empty_env_file_reads_none(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\nFAL_KEY=a\n")
    monkeypatch.setenv("ENV_FILE", "")

    assert config.load_settings().log_level == "INFO"
    assert config.secret("FAL_KEY") is None


def test_malformed_value_in_the_file_is_named_too(tmp_path):
    (tmp_path / ".env").write_text("SHARDS=many\n")

    with pytest.raises(StartError, match=r"^SHARDS: "):
        config.load_settings()


@pytest.mark.parametrize("value", [None, ""])
def test_missing_or_empty_key_is_no_key(monkeypatch, value):
    if value is not None:
        monkeypatch.setenv("FAL_KEY", value)

    assert config.secret("FAL_KEY") is None


def test_environment_is_a_copy(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "ERROR")

    config.environment()["LOG_LEVEL"] = "DEBUG"

    assert config.environment()["LOG_LEVEL"] == "ERROR"
