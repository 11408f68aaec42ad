package wire

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire/sigv4"
)

// Options configures the front door. The zero value answers every operation
// as unknown.
type Options struct {
	Services []Service

	// Credentials, when not nil, are the keys that may call; every signature
	// is verified against them. Without them any signature of the right form
	// is accepted, and the account is the access key if that has 12 digits.
	Credentials sigv4.Credentials
	// Account and Region are the caller's where the signature tells none.
	// Defaults "000000000000" and "us-east-1".
	Account, Region string
	// AllowUnsigned lets requests without any signature in, as a caller with
	// the default account and region. AWS does not.
	AllowUnsigned bool
	// AllowPlainJSON treats application/json as AWS JSON 1.1. AWS does not.
	AllowPlainJSON bool

	// Faults, when not nil, decides which calls fail on purpose. It is asked
	// about those that would otherwise be carried out.
	Faults *fault.Injector
	// Plain are handlers beside the AWS APIs, by http.ServeMux pattern, such
	// as "GET /metrics" or "/console/". GET /healthz is always there.
	Plain map[string]http.Handler

	// BodyMemoryBytes bounds the memory of all request bodies and the records
	// decoded from them. Default 128 MiB, minimum twice the largest body, 32 MiB.
	BodyMemoryBytes int64
	// PageMemoryBytes bounds the memory of all pages and events of records that
	// are being sent, but for small events, separately, so that slow readers
	// cannot keep anybody from writing.
	// Default 128 MiB, minimum 32 MiB.
	PageMemoryBytes int64
	// MemoryWait is how long a request waits for memory that others hold,
	// before it gets 503. Default 5 s.
	MemoryWait time.Duration
	// PushTimeout is how long a subscriber may take to take one event, give or
	// take a quarter. Events have to come more often than that. Default 1 min:
	// for so long KCL keeps a subscription that brings nothing.
	PushTimeout time.Duration
	// BodyGrace is how long a body may stall, and how much longer than at
	// 64 KiB/s it may take in all, before it gets 408. Default 10 s.
	BodyGrace time.Duration

	// Metrics counts what happens; nil is one of its own.
	Metrics *Metrics

	Clock  clock.Clock  // default: the system's
	Logger *slog.Logger // default: none
}

// Service is an AWS API and who serves it.
type Service struct {
	API *api.Service
	// Handlers serve operations by name. One of the table that is missing here
	// is answered with an error that says so. An output that is a Subscription
	// is answered with an event stream.
	Handlers map[string]api.Handler
	// Records, when not nil, serves PutRecords, PutRecord and GetRecords of
	// Kinesis without unpacking records into the SDK's shapes; the three then
	// need no entry in Handlers.
	Records RecordService
	// StreamOf, when not nil, returns the name of the stream that an input is
	// about which has only a token to tell, empty when the token does not.
	StreamOf func(ctx context.Context, input any) string
	// Access, when not nil, returns what a call of the operation is about, for
	// the policies of its caller and its resource. Input is that of the
	// operation's handler, or for PutRecords and PutRecord the *PutBatch of
	// Records. Without it every call is about no resource of its own.
	Access func(ctx context.Context, operation string, input any) api.Access
}

// RecordService moves records. What it is given is only valid during the call
// and is used again afterwards: GetPage appends to p.Records and must not put
// a slice of its own there.
type RecordService interface {
	PutBatch(ctx context.Context, b *kinesisapi.PutBatch) error
	GetPage(ctx context.Context, in *kinesis.GetRecordsInput, p *kinesisapi.Page) error
}

// Subscription is the output of SubscribeToShard. Its methods are called by one
// goroutine.
type Subscription interface {
	// Wait returns nil as soon as Next has an event or an error to give without
	// waiting, and an error only when ctx ends before.
	Wait(ctx context.Context) error
	// Next gives the next event, of at most maxBytes of records unless it is a
	// single one, and one record for every 100 bytes. io.EOF is the good end,
	// an *api.Error is told to the subscriber, any other error as a failure.
	// Like GetPage it appends to p.Records.
	Next(ctx context.Context, maxBytes int, p *kinesisapi.Page) error
	// Close ends the subscription.
	Close()
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = new(Metrics)
	}
	if o.BodyMemoryBytes == 0 {
		o.BodyMemoryBytes = 128 << 20
	}
	if o.PageMemoryBytes == 0 {
		o.PageMemoryBytes = 128 << 20
	}
	if o.MemoryWait == 0 {
		o.MemoryWait = 5 * time.Second
	}
	if o.PushTimeout == 0 {
		o.PushTimeout = time.Minute
	}
	if o.BodyGrace == 0 {
		o.BodyGrace = 10 * time.Second
	}
	o.BodyMemoryBytes = max(o.BodyMemoryBytes, weight(maxBodyBytes))
	o.PageMemoryBytes = max(o.PageMemoryBytes, weight(maxBodyBytes))
	return o
}
