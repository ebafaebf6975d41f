#!/bin/sh
# The image runs this once, when the server is made; in its own shell, so it must not end that.
psql -X -q -U postgres -d postgres -v secrets=/etc/shop/passwords -f /etc/shop/access/prepare.sql
