"""himds.Metadata: the mapping, its attributes, JSON pointers."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

import himds
from emulator import Emulator


def test_metadata_is_a_mapping_with_attributes(emulator: Emulator) -> None:
    metadata = emulator.client().metadata()
    assert isinstance(metadata, himds.Metadata)
    assert set(metadata) == {"compute", "network"}
    assert len(metadata) == 2
    compute = metadata["compute"]
    assert metadata.subscription_id == compute["subscriptionId"]
    assert metadata.resource_group == compute["resourceGroupName"]
    assert metadata.location == compute["location"]
    assert metadata.name == compute["name"]
    assert metadata.resource_id == compute["resourceId"]
    assert metadata.vm_id == compute["vmId"]
    assert metadata.os_type == compute["osType"]
    assert metadata.environment == compute["azEnvironment"]
    assert metadata.tags == {tag["name"]: tag["value"] for tag in compute["tagsList"]}
    assert metadata.pointer("/compute/name") == metadata.name
    assert metadata.pointer("") == dict(metadata)
    assert '"compute"' in metadata.json
    assert repr(metadata).startswith("Metadata(")


def test_metadata_pointer_errors(emulator: Emulator) -> None:
    metadata = emulator.client().metadata()
    with pytest.raises(himds.NotFoundError) as caught:
        metadata.pointer("/compute/nothing")
    assert isinstance(caught.value, KeyError)
    assert caught.value.status == 4
    assert caught.value.hint
    with pytest.raises(himds.InvalidArgumentError) as caught:
        metadata.pointer("compute")
    assert caught.value.status == 1
    assert caught.value.hint
    with pytest.raises(TypeError):
        metadata.pointer(5)
    with pytest.raises(KeyError):
        metadata["nothing"]


def test_absent_members_are_none(start_emulator) -> None:
    emulator = start_emulator()
    emulator.fault(on="metadata", status=200, body='{"compute":{"location":"","name":null},"network":{}}')
    metadata = emulator.client().metadata()
    assert metadata.location is metadata.name is metadata.subscription_id is None
    assert metadata.tags == {}


DOCUMENT = {"list": ["zero", {"a/b": 1, "m~n": 2}], "": {"": 3}, "text": "abc", "null": None, "01": 4}
# RFC 6901, its escapes and its indices included.
POINTERS = {
    "": DOCUMENT,
    "/list/0": "zero",
    "/list/1/a~1b": 1,
    "/list/1/m~0n": 2,
    "//": 3,
    "/null": None,
    "/01": 4,
}
NOWHERE = ["/list/2", "/list/-", "/list/-1", "/list/00", "/list/x", "/list/\u0661", "/list/" + "9" * 5000]
NOWHERE += ["/text/0", "/null/x", "/m~0n", "/list/1/a/b", "/list/"]


def test_pointers() -> None:
    metadata = himds.Metadata(json.dumps(DOCUMENT))
    assert {pointer: metadata.pointer(pointer) for pointer in POINTERS} == POINTERS
    for pointer in NOWHERE:
        with pytest.raises(himds.NotFoundError, match="has no value at"):
            metadata.pointer(pointer)
    for text in ("list", "/list/1/m~2n", "/list/1/m~", "~0"):
        with pytest.raises(himds.InvalidArgumentError, match="is not a JSON pointer"):
            metadata.pointer(text)
    # What it gives is the caller's own.
    metadata.pointer("")["list"].clear()
    assert metadata["list"]


def test_numbers_of_any_size(emulator: Emulator) -> None:
    number = 12345678901234567890123456789
    emulator.fault(on="metadata", status=200, body=f'{{"n":{number},"compute":{{}}}}')
    metadata = emulator.client().metadata()
    assert metadata["n"] == metadata.pointer("/n") == number


def test_copies(emulator: Emulator) -> None:
    metadata = emulator.client().metadata()
    for other in (pickle.loads(pickle.dumps(metadata)), copy.copy(metadata), copy.deepcopy(metadata)):
        assert type(other) is himds.Metadata
        assert other == metadata
        assert (other.json, other.name, other.tags) == (metadata.json, metadata.name, metadata.tags)
        assert other.pointer("/compute/name") == metadata.name


@pytest.mark.parametrize(
    ("compute", "tags"),
    [
        (None, {}),
        ([], {}),
        ("text", {}),
        ({"tagsList": None, "name": 5, "vmId": None, "location": ""}, {}),
        ({"tagsList": {"name": "a", "value": "b"}}, {}),
        (
            {
                "tagsList": [
                    {"name": "a"},
                    {"value": "b"},
                    5,
                    None,
                    {"name": "n", "value": 5},
                    {"name": 5, "value": "x"},
                ]
            },
            {},
        ),
        ({"tagsList": [{"name": "x", "value": "1"}, {"name": "x", "value": "2:;"}]}, {"x": "2:;"}),
    ],
)
def test_attributes_of_whatever_the_server_sends(compute: Any, tags: dict[str, str]) -> None:
    metadata = himds.Metadata(json.dumps({"compute": compute}))
    assert metadata.tags == tags
    assert metadata.name is metadata.vm_id is metadata.location is metadata.environment is None


JOINED = {
    "Department:IT;Reference:123": {"Department": "IT", "Reference": "123"},
    "a:": {"a": ""},
    "": {},
    "a": {},
    "a:1;b": {},
    "a:1;": {},
    "a:1;b:2:3": {},
    "url:https://x;b:2": {},
}


@pytest.mark.parametrize("joined", JOINED)
def test_joined_tags_are_taken_apart_if_there_is_one_way_to(joined: str) -> None:
    assert himds.Metadata(json.dumps({"compute": {"tags": joined}})).tags == JOINED[joined]
    for tags, expected in (([{"name": "x", "value": "y"}], {"x": "y"}), ([], {}), (None, {})):
        of_list = {"compute": {"tags": joined, "tagsList": tags}}
        assert himds.Metadata(json.dumps(of_list)).tags == expected


ODD = [
    '{"compute":{"tagsList":7}}',
    '{"compute":{"tagsList":true,"tags":"a:1"}}',
    '{"compute":{"tagsList":"a:1"}}',
    '{"compute":{"tags":7}}',
    '{"compute":{"tags":["a:1"]}}',
    '{"compute":{"tagsList":[[1],{"name":["x"],"value":{}}]}}',
    '{"compute":7}',
    "{}",
    '{"compute":{"name":7,"location":[],"vmId":{"a":1},"osType":false}}',
    '{"n":' + "9" * 300 + "}",
    '{"compute":{"name":"a","name":"b","\\u0000":1}}',
]
NO_DOCUMENT = [
    "",
    "7",
    "[]",
    "null",
    "{",
    '{"a":}',
    '{"a":NaN}',
]
NO_DOCUMENT += ["[" * 10_000, '{"a":' * 10_000, '{"a":1}x']


@pytest.mark.parametrize("body", NO_DOCUMENT)
def test_only_our_errors_leave_us(emulator: Emulator, body: str) -> None:
    emulator.fault(on="metadata", status=200, body=body, count=0)
    for take in (emulator.client().metadata, lambda: emulator.client().metadata(api_version="2021-02-01")):
        with pytest.raises(himds.ServiceError, match=r"not (a )?JSON|nested too deeply") as caught:
            take()
        assert caught.value.kind == "response_invalid"
    with pytest.raises(himds.InvalidArgumentError, match=r"not (a )?JSON|nested too deeply"):
        himds.Metadata(body)


REPLACED = [("1e999", None), ("-1e999", None), ("9" * 5000, None), ('"x\\ud800"', "x\ufffd"), ('"\\udc00"', "\ufffd")]


@pytest.mark.parametrize(("odd", "expected"), REPLACED)
def test_what_no_parser_can_hold_is_replaced(emulator: Emulator, odd: str, expected: str | None) -> None:
    body = '{"compute":{"name":"n","odd":' + odd + "}}"
    emulator.fault(on="metadata", status=200, body=body)
    for metadata in (emulator.client().metadata(), himds.Metadata(body)):
        assert metadata == {"compute": {"name": "n", "odd": expected}}
        assert metadata.name == "n"
        assert metadata.pointer("/compute/odd") == expected
        assert json.loads(metadata.json) == metadata


@pytest.mark.parametrize("body", ODD)
def test_an_odd_member_costs_nothing_but_itself(emulator: Emulator, body: str) -> None:
    emulator.fault(on="metadata", status=200, body=body, count=0)
    for metadata in (emulator.client().metadata(), himds.Metadata(body)):
        assert metadata == json.loads(body)
        for name in ("subscription_id", "resource_group", "location", "name", "resource_id", "vm_id", "os_type"):
            assert isinstance(getattr(metadata, name), (str, type(None)))
        assert metadata.environment is None
        assert metadata.tags == {}
        assert repr(metadata)
        assert metadata.pointer("") == json.loads(body)


def test_an_error_says_where_the_document_is_unusable(emulator: Emulator) -> None:
    body = '{"compute":\n {"name": nothing}}'
    emulator.fault(on="metadata", status=200, body=body)
    for take in (emulator.client().metadata, lambda: himds.Metadata(body)):
        with pytest.raises(himds.Error, match="line 2, column"):
            take()


def test_an_api_version_of_the_callers_own(emulator: Emulator) -> None:
    client = emulator.imds_client()
    assert client.metadata(api_version="2021-02-01").subscription_id
    assert ["api-version", "2021-02-01"] in emulator.requests()[-1]["query"]
    for version in ("", "2021-02-01&x=1"):
        with pytest.raises(himds.InvalidArgumentError, match="api-version"):
            client.metadata(api_version=version)
    emulator.fault(on="metadata", status=200, body="[]")
    with pytest.raises(himds.ServiceError, match=r"not (a )?JSON|nested too deeply") as caught:
        client.metadata(api_version="2021-02-01")
    assert (caught.value.http_status, caught.value.body, caught.value.attempts) == (200, "[]", 1)
    assert caught.value.hint
