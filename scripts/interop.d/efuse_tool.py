"""Runs esptool's and espefuse's command lines in this process, without reading the same tables each time."""

import contextlib
import copy
import io
import os

import esptool
import serial
import yaml

TABLES = {}
OPENED = []
parse_yaml = yaml.safe_load
open_port = serial.Serial.open


def open_and_remember(port):
    """Closes the port of a tool that fails, which leaves it open."""
    OPENED.append(port)
    return open_port(port)


serial.Serial.open = open_and_remember


def parse_once(stream):
    """Caches the tables of eFuses, which espefuse spends nearly all of its time reading."""
    text = stream if isinstance(stream, str) else stream.read()
    if text not in TABLES:
        TABLES[text] = parse_yaml(text)
    return copy.deepcopy(TABLES[text])


yaml.safe_load = parse_once


def run_tool(main, args, folder):
    """Runs a tool's own command line in this process; returns its exit code and output."""
    output, code = io.StringIO(), 0
    os.chdir(folder)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            main(args)
        except SystemExit as exit:
            code = exit.code or 0
        except Exception as error:
            # A tool's own failure has an exit code other than 0, too.
            code = 2
            print(repr(error))
    while OPENED:
        OPENED.pop().close()
    return code, output.getvalue()
