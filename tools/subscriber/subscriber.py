#!/usr/bin/env python3
"""Prints what is announced in the shop, as it happens: a subscriber that shares no code with the services.

All it knows is docs/messages.md: the names of the exchanges, and that bodies are JSON. ./shop subscribe runs it; by hand it wants
SHOP_BROKER, an AMQP address such as amqp://subscriber:password@127.0.0.1:56720/shop, and the package pika.
"""

import json
import os
import sys

import pika

EVENTS = [
    "Inventory:ProductChanged",
    "Inventory:SaleRejected",
    "Inventory:StockRejected",
    "Inventory:StockReleased",
    "Inventory:StockReserved",
    "Ordering:OrderCancelled",
    "Ordering:OrderConfirmed",
    "Ordering:OrderPlaced",
    "Payment:PaymentDeclined",
    "Payment:PaymentRefunded",
    "Payment:PaymentTaken",
]


def main() -> None:
    enough = int(sys.argv[1]) if len(sys.argv) > 1 else None
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["SHOP_BROKER"]))
    channel = connection.channel()
    # For as long as this runs. Who must miss nothing declares a durable queue of a fixed name, and acknowledges what is done.
    queue = channel.queue_declare(f"subscriber-{os.getpid()}", exclusive=True, auto_delete=True).method.queue
    for event in EVENTS:
        channel.queue_bind(queue, f"Shop.Contracts.{event}")

    print(f"Listening to {len(EVENTS)} kinds of events; Ctrl+C ends it.", flush=True)
    seen = set()
    for _, properties, body in channel.consume(queue, auto_ack=True):
        # Delivery is at least once: the second copy of a message has the same id.
        if properties.message_id in seen:
            continue

        seen.add(properties.message_id)
        name = properties.headers["MT-MessageType"].split(";")[0].rsplit(":", 1)[-1]
        print(f"{name:16} {json.dumps(json.loads(body), ensure_ascii=False)}  trace {trace_of(properties)}", flush=True)
        if enough is not None and len(seen) == enough:
            break

    connection.close()


def trace_of(properties: pika.BasicProperties) -> str:
    """The id of the order's trace, by W3C Trace Context."""
    return properties.headers.get("traceparent", "--none").split("-")[1] or "none"


try:
    main()
except KeyboardInterrupt:
    pass
except KeyError as missing:
    sys.exit(f"{missing} is not set. ./shop subscribe sets it.")
except pika.exceptions.AMQPConnectionError as error:
    sys.exit(f"The broker does not answer ({error!r}). Start the shop: ./shop up")
