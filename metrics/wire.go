package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/wire"
)

// wireFigures are of the front door.
var wireFigures = []*read[*collector]{
	{figure{"", "leat_wire_in_flight_requests", "Requests that are being read or answered, subscriptions among them.", nil, gauge},
		func(c *collector) float64 { return float64(c.Wire.InFlight.Load()) }, nil},
	{figure{"", "leat_wire_body_memory_bytes", "Memory that request bodies and the records decoded from them take.", nil, gauge},
		func(c *collector) float64 { return float64(c.Wire.BodyBytes.Load()) }, nil},
	{figure{"", "leat_wire_page_memory_bytes", "Memory that records on their way to clients take.", nil, gauge},
		func(c *collector) float64 { return float64(c.Wire.PageBytes.Load()) }, nil},
	{figure{"", "leat_wire_faults_total", "Calls that something happened to on purpose.", nil, counter},
		func(c *collector) float64 { return float64(c.Faults.Hits()) }, nil},
}

var (
	requestsFigure = &figure{"", "leat_wire_requests_total",
		"Requests by operation, empty for an unknown one, and by code: of the error they were answered with, OK, Refused (not understood) or Aborted (not answered).",
		[]string{"operation", "code"}, counter}
	protocolsFigure = &figure{"", "leat_wire_protocol_requests_total",
		"The same requests by HTTP version, TCP or TLS, and coding: JSON, CBOR, RPC (Smithy RPC v2), Query or none that is known.",
		[]string{"http", "transport", "coding"}, counter}
	durationsFigure = &figure{"", "leat_wire_request_duration_seconds",
		"How long requests took, from the body that was read to the answer that was written; a subscription until it begins.",
		[]string{"operation"}, spread}
)

func (c *collector) collectWire(out chan<- prometheus.Metric) {
	show(c, out, wireFigures, c)
	c.Wire.EachRequest(func(r wire.Request, n uint64) {
		out <- c.number(requestsFigure, float64(n), r.Operation, r.Code)
	})
	c.Wire.EachProtocol(func(p wire.Protocol, n uint64) {
		out <- c.number(protocolsFigure, float64(n), p.HTTP, p.Transport, p.Coding)
	})
	c.Wire.EachDuration(func(operation string, s histogram.Snapshot) {
		out <- c.spread(durationsFigure, s, operation)
	})
}
