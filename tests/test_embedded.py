"""The embedded engines: started from real wheels, killed in every way, and found whole again."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import psycopg2
import pytest
import redis

from socialcare.embedded import ROOT, engines, local_secrets, running, wipe
from socialcare.engines import EngineError

SCRIPT = "echo $DATABASE_URL; exit 7"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Longer than a socket's path may be, with a space; and, where root runs the tests, closed to others."""
    path = tmp_path_factory.mktemp("embedded") / ("a folder with a space " + "and a long name " * 6)
    path.mkdir(mode=0o700)
    yield path
    wipe(path)


def ask(url, query, write=False):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return None if write else cursor.fetchall()
    finally:
        connection.close()


def noted_pids(folder):
    return json.loads((folder / "engines.json").read_text())["pids"]


def test_the_role_is_ordinary_and_owns_its_database(folder):
    with engines(folder) as variables:
        rights = ask(
            variables["DATABASE_URL"],
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
            " WHERE rolname = current_user",
        )
        owner = ask(
            variables["DATABASE_URL"], "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname='socialcare'"
        )
        assert (rights, owner) == ([(False,) * 5], [("socialcare",)])
        assert "ADMIN_DATABASE_URL" not in variables


def test_a_second_start_is_fast_and_keeps_the_data(folder):
    with engines(folder) as variables:
        ask(variables["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer", write=True)
    began = time.monotonic()
    with engines(folder) as variables:
        assert time.monotonic() - began < 5
        assert ask(variables["DATABASE_URL"], "SELECT answer FROM kept") == [(42,)]


def test_what_is_secret_is_for_the_owner_only(folder):
    local_secrets(folder)
    with engines(folder) as variables:
        for path in (folder / "secrets.json", folder / "engines.json"):
            assert path.stat().st_mode & 0o077 == 0
        for variable in ("DATABASE_URL", "REDIS_URL"):
            password = variables[variable].split("@")[0].rpartition(":")[2]
            assert len(password) >= 24
            assert all(password not in word for process in psutil.process_iter() for word in command_line(process))
            with pytest.raises((psycopg2.OperationalError, redis.AuthenticationError), match=r"(?i)passw"):
                knock(variables[variable].replace(password, "wrong"))


def command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def knock(url):
    return psycopg2.connect(url) if url.startswith("postgres") else redis.Redis.from_url(url).ping()


def test_two_do_not_share_a_folder(folder):
    with engines(folder) as variables:
        assert running(folder) == variables
        with pytest.raises(EngineError, match="already runs"), engines(folder):
            pass
    assert running(folder) is None


def test_a_killed_keeper_leaves_nothing_in_the_way(folder):
    with engines(folder) as variables:
        ask(variables["DATABASE_URL"], "CREATE TABLE survives AS SELECT 1 AS one", write=True)
        orphans = [psutil.Process(pid) for pid in noted_pids(folder).values()]
        orphans[0].parent().kill()
        time.sleep(0.3)
        assert all(process.is_running() for process in orphans)
    with engines(folder) as variables:
        assert ask(variables["DATABASE_URL"], "SELECT one FROM survives") == [(1,)]
        assert not any(process.is_running() for process in orphans)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(folder):
    with engines(folder) as variables:
        data = ask(admin_url(variables, folder), "SHOW data_directory")[0][0]
        processes = [psutil.Process(pid) for pid in noted_pids(folder).values()]
        processes[0].parent().kill()
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, 5)
        time.sleep(0.5)
    with open(f"{data}/postmaster.pid") as file:
        lines = file.read().splitlines()
    with open(f"{data}/postmaster.pid", "w") as file:
        file.write("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with engines(folder) as variables:
        assert ask(variables["DATABASE_URL"], "SELECT 1") == [(1,)]


def admin_url(variables, folder):
    """The superuser's way in, which the demo keeps to itself."""
    port = variables["DATABASE_URL"].rpartition(":")[2].split("/")[0]
    room = psutil.Process(noted_pids(folder)["postgres"]).cwd()
    with open(f"{os.path.dirname(os.path.dirname(room))}/passwords.json") as file:
        return f"postgres://postgres:{json.load(file)['postgres']}@127.0.0.1:{port}/postgres"


@pytest.mark.parametrize("name", ["postgres", "valkey-server"])
def test_an_engine_that_dies_comes_back_at_its_address(folder, name):
    with engines(folder) as variables:
        before = noted_pids(folder)[name]
        os.kill(before, signal.SIGKILL)
        url = variables["DATABASE_URL" if name == "postgres" else "REDIS_URL"]
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                knock(url)
                break
            except (psycopg2.OperationalError, redis.RedisError):
                time.sleep(0.1)
        knock(url)
        assert not psutil.pid_exists(before)


def test_a_command_runs_with_the_engines_and_hands_its_exit_code_on(folder):
    done = subprocess.run(
        [sys.executable, "-m", "socialcare.embedded", "run", f"--folder={folder}", "--", "sh", "-c", SCRIPT],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 7
    assert done.stdout.startswith("postgres://socialcare:")
    assert running(folder) is None
