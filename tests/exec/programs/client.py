"""Python's clients, blocking and not."""

import asyncio
import os
import sys
import urllib.request

URL, HEADERS = os.environ["URL"], {"Metadata": "true"}


def with_urllib():
    with urllib.request.urlopen(urllib.request.Request(URL, headers=HEADERS), timeout=20) as answer:
        return answer.read().decode()


async def with_asyncio():
    reader, writer = await asyncio.open_connection("169.254.169.254", 80)
    path = URL.split("169.254.169.254")[1]
    writer.write(f"GET {path} HTTP/1.0\r\nHost: 169.254.169.254\r\nMetadata: true\r\n\r\n".encode())
    return (await reader.read()).decode().split("\r\n\r\n", 1)[1]


def with_requests():
    import requests

    return requests.get(URL, headers=HEADERS, timeout=20).text


async def with_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.get(URL, headers=HEADERS) as answer:
            return await answer.text()


client = globals()["with_" + sys.argv[1]]
print(asyncio.run(client()) if asyncio.iscoroutinefunction(client) else client())
