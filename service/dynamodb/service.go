package dynamodb

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
)

// Options say what a Service works with. Log and Tables are required.
type Options struct {
	// Log keeps everything. It was opened with Tables as the machine named
	// tables.MachineName.
	Log    storage.Log
	Tables *tables.Tables
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
	// StateDelay is how long a table or an index stays CREATING, UPDATING or
	// DELETING. With 0 those states are never seen.
	StateDelay time.Duration
	// MaxBytes bounds the memory that items take, about: what would make more of
	// them is throttled. 0 is 256 MiB.
	MaxBytes int64
}

// Service carries out operations of DynamoDB. All its methods may be called
// concurrently.
type Service struct {
	log        storage.Log
	tables     *tables.Tables
	clock      clock.Clock
	stateDelay time.Duration
	maxBytes   int64
	refused    atomic.Int64 // requests that there was no room for
	writer     writer

	// ctx ends with Close. The goroutine of Start runs under it.
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a service that serves calls, but lets no item expire before Start.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	s := &Service{log: o.Log, tables: o.Tables, clock: o.Clock, stateDelay: o.StateDelay, maxBytes: cmp.Or(o.MaxBytes, defaultMaxBytes)}
	s.writer.service = s
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Handlers returns the operations by name.
func (s *Service) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"BatchGetItem":              api.Handle(s.BatchGetItem),
		"BatchWriteItem":            api.Handle(s.BatchWriteItem),
		"CreateTable":               api.Handle(s.CreateTable),
		"DeleteItem":                api.Handle(s.DeleteItem),
		"DeleteTable":               api.Handle(s.DeleteTable),
		"DescribeContinuousBackups": api.Handle(s.DescribeContinuousBackups),
		"DescribeTable":             api.Handle(s.DescribeTable),
		"DescribeTimeToLive":        api.Handle(s.DescribeTimeToLive),
		"GetItem":                   api.Handle(s.GetItem),
		"ListTables":                api.Handle(s.ListTables),
		"ListTagsOfResource":        api.Handle(s.ListTagsOfResource),
		"PutItem":                   api.Handle(s.PutItem),
		"Query":                     api.Handle(s.Query),
		"Scan":                      api.Handle(s.Scan),
		"TagResource":               api.Handle(s.TagResource),
		"TransactGetItems":          api.Handle(s.TransactGetItems),
		"TransactWriteItems":        api.Handle(s.TransactWriteItems),
		"UntagResource":             api.Handle(s.UntagResource),
		"UpdateContinuousBackups":   api.Handle(s.UpdateContinuousBackups),
		"UpdateItem":                api.Handle(s.UpdateItem),
		"UpdateTable":               api.Handle(s.UpdateTable),
		"UpdateTimeToLive":          api.Handle(s.UpdateTimeToLive),
	}
}

// nowMillis returns the time in Unix milliseconds; it is never before that of a
// command that was carried out.
func (s *Service) nowMillis() int64 { return max(s.clock.Now().UnixMilli(), s.tables.SeenMillis()) }

// define carries out a change of a definition. One that is refused is answered
// without being written.
func (s *Service) define(ctx context.Context, d tables.Definition) (*tables.Table, error) {
	terms := tables.Terms{AtMillis: s.nowMillis(), DelayMillis: s.stateDelay.Milliseconds()}
	if refused := s.tables.Check(d, terms); refused != nil {
		return nil, typed(refused)
	}
	answer, err := s.log.Propose(ctx, tables.MachineName, tables.Encode(d, terms))
	if err != nil {
		return nil, fmt.Errorf("propose to the tables: %w", err)
	}
	if refused, ok := answer.(*api.Error); ok {
		return nil, typed(refused)
	}
	return answer.(*tables.Table), nil
}

// refOf returns the table that a request names, by its name or its ARN.
func refOf(ctx context.Context, name *string) (tables.Ref, error) {
	caller := api.CallerOf(ctx)
	ref := tables.Ref{Owner: tables.Owner{Account: caller.Account, Region: caller.Region}}
	if name == nil {
		return ref, invalid("The parameter 'TableName' is required but was not present in the request")
	}
	ref.Name = *name
	if strings.HasPrefix(*name, "arn:") {
		named, rest, ok := parseARN(*name)
		if !ok || rest != "" {
			return ref, invalid("Invalid table/index name. Table/index names must be between 3 and 255 characters long, " +
				"and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
		}
		if named.Owner != ref.Owner {
			return ref, api.Errorf("AccessDeniedException", "User: %s is not authorized to perform this action on resource: %s", caller.Account, *name)
		}
		ref = named
	}
	return ref, nil
}

// parseARN takes apart the ARN of a table, or of something below one, which is
// what rest is.
func parseARN(arn string) (ref tables.Ref, rest string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "dynamodb" {
		return ref, "", false
	}
	name, ok := strings.CutPrefix(parts[5], "table/")
	name, rest, _ = strings.Cut(name, "/")
	return tables.Ref{Owner: tables.Owner{Account: parts[4], Region: parts[3]}, Name: name}, rest, ok && name != ""
}

// open returns the table that a request names, which takes and gives items.
func (s *Service) open(ctx context.Context, name *string) (*tables.Table, error) {
	ref, err := refOf(ctx, name)
	if err != nil {
		return nil, err
	}
	now := s.nowMillis()
	t, ok := s.tables.Table(ref, now)
	if !ok || !t.Serves(now) {
		return nil, typed(api.Errorf(resourceNotFound, "Requested resource not found"))
	}
	return t, nil
}
