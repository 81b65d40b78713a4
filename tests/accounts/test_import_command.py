"""The operator's command that carries accounts over."""

from __future__ import annotations

from pathlib import Path

import pytest

import manage

HEAD = "email,name,identifier_type,identifier,role,spaces"


def test_the_command_imports_invites_and_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "accounts.csv"
    wrong.write_text(f"{HEAD}\nnobody,A,SIRET,73282932000074,USER,\n")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    monkeypatch.setenv("SECRET_KEY", "k" * 32)

    statuses = [
        manage.main(arguments)
        for arguments in (
            ["migrate"],
            ["accounts", "import", str(wrong), "--no-mail", "--report", str(tmp_path / "r.csv")],
            ["accounts", "invite"],
            ["accounts", "import"],
            ["accounts", "import", str(tmp_path / "missing.csv")],
        )
    ]

    said = capsys.readouterr()
    assert statuses == [0, 1, 0, 2, 2]
    assert "0 accounts created, 0 attachments, 0 unchanged, 1 refused." in said.out
    assert "1 × BDR-ACC-001" in said.out
    assert "0 people invited." in said.out
    assert "which file?" in said.err
    assert (tmp_path / "r.csv").read_text("utf-8").count("\n") == 2
