package client_test

import (
	"context"
	"net"
)

// dialPipe hands out one connection that is there already.
func dialPipe(c net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return c, nil }
}
