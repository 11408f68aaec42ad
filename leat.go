package leat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/api/cloudwatchapi"
	"github.com/leat-io/leat/api/dynamodbapi"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/api/stsapi"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/service/cloudwatch"
	"github.com/leat-io/leat/service/dynamodb"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/service/sts"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/wire"
	"github.com/leat-io/leat/wire/sigv4"
)

// Server is a running leat: a front door on one address and another with TLS,
// the services behind them, and the log below.
type Server struct {
	config Config

	// The rooms, from the log up to the front door.
	log     storage.Log
	streams *catalog.Catalog
	tables  *tables.Tables
	kinesis *kinesis.Service
	dynamo  *dynamodb.Service
	metrics *cloudwatch.Service
	door    *wire.Server // nil before it is bound
	secure  *wire.Server // the same with TLS; nil without

	// What the doors ask for each request and each handshake; set before they
	// serve.
	handler     http.Handler
	certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	authority []byte // see Authority

	faults   *fault.Injector // which calls fail on purpose
	requests wire.Metrics
	figures  prometheus.Collector // in Config.Registry; nil when they are not

	serving   sync.WaitGroup
	served    chan struct{} // closed when the front doors have stopped
	serveErr  error         // why, if not by Shutdown; set before served is closed
	watched   chan struct{} // closed when watch has returned
	reported  chan struct{} // closed when report has returned
	closing   chan struct{} // closed when Shutdown begins
	closeOnce sync.Once
	closeErr  error

	done chan struct{}
	err  error // why the server stopped by itself; set before done is closed
}

// closeGrace is how long Close lets requests finish.
const closeGrace = 5 * time.Second

// Open starts a server and returns it once it answers requests. An error names
// what could not be opened, and leaves nothing running.
//
// Among the errors: disklog.ErrLocked where another process has the data
// folder, *storage.CorruptError where the data is damaged, *disklog.FormatError
// where a newer release wrote it.
func Open(ctx context.Context, c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{
		config:   c.WithDefaults(),
		streams:  catalog.New(),
		tables:   tables.New(),
		served:   make(chan struct{}),
		watched:  make(chan struct{}),
		reported: make(chan struct{}),
		closing:  make(chan struct{}),
		done:     make(chan struct{}),
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	s.kinesis.Start()
	s.dynamo.Start()
	go s.serve()
	go s.watch()
	go s.report()
	return s, nil
}

// open opens what there is to open, the addresses before anything is made on the
// disk.
func (s *Server) open(ctx context.Context) error {
	keys, err := s.credentials()
	if err != nil {
		return err
	}
	if s.faults, err = s.config.injector(); err != nil {
		return err
	}
	if err = s.bind(); err != nil {
		return s.whyBusy(err)
	}
	masters, err := s.masterKeys(ctx)
	if err != nil {
		return err
	}
	if s.log, err = s.openLog(); err != nil {
		return err
	}
	s.kinesis = s.newKinesis(masters)
	s.dynamo = dynamodb.New(dynamodb.Options{Log: s.log, Tables: s.tables, Clock: s.config.Clock, StateDelay: s.config.StateDelay, MaxBytes: s.config.MemoryBytes})
	s.metrics = cloudwatch.New(cloudwatch.Options{Clock: s.config.Clock})
	if err = ctx.Err(); err == nil {
		err = s.register()
	}
	if err == nil {
		err = s.openDoors(keys)
	}
	return err
}

// abandon gives up what open has opened before it failed.
func (s *Server) abandon() error {
	s.unregister()
	var errs []error
	for _, d := range s.doors() {
		errs = append(errs, d.Shutdown(context.Background()))
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(errs...)
}

// credentials reads the keys that may call, nil when anybody may.
func (s *Server) credentials() (sigv4.Credentials, error) {
	if s.config.Credentials == "" {
		return nil, nil
	}
	return sigv4.LoadCredentials(s.config.Credentials)
}

// openLog opens the engine and replays the catalog and the tables from it.
func (s *Server) openLog() (storage.Log, error) {
	machines := map[string]storage.Machine{catalog.MachineName: s.streams, tables.MachineName: s.tables}
	c := s.config
	if c.Durability == DurabilityMemory {
		return memlog.Open(machines, memlog.Options{Clock: c.Clock, MaxBytes: c.MemoryBytes}), nil
	}
	log, err := disklog.Open(c.Data, machines, disklog.Options{
		FS: c.fs, Clock: c.Clock, Logger: c.Logger, SyncInterval: c.SyncInterval, MemoryBytes: c.MemoryBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("open the data in %s: %w", c.Data, err)
	}
	return log, nil
}

// newKinesis builds the service on the log.
func (s *Server) newKinesis(masters keys.Keeper) *kinesis.Service {
	_, machineTime := s.config.Clock.(clock.System)
	return kinesis.New(kinesis.Options{
		Log:        s.log,
		Catalog:    s.streams,
		Keys:       masters,
		Clock:      s.config.Clock,
		Limits:     kinesis.Limits(s.config.Limits),
		StateDelay: s.config.StateDelay,
		TrustClock: !machineTime,
		Logger:     s.config.Logger,
	})
}

// openDoors hangs the services behind the wire.
func (s *Server) openDoors(keys sigv4.Credentials) (err error) {
	c := s.config
	s.handler = wire.New(wire.Options{
		Services: []wire.Service{
			{API: kinesisapi.Service, Handlers: s.kinesis.Handlers(), Records: s.kinesis, StreamOf: s.kinesis.StreamOf, Access: s.kinesis.Access},
			{API: dynamodbapi.Service, Handlers: s.dynamo.Handlers(), Access: s.dynamo.Access},
			{API: cloudwatchapi.Service, Handlers: s.metrics.Handlers()},
			{API: stsapi.Service, Handlers: sts.New(sts.Options{Clock: c.Clock, Verified: keys != nil}).Handlers()},
		},
		Credentials: keys,
		Account:     c.Account,
		Region:      c.Region,
		Faults:      s.faults,
		Metrics:     &s.requests,
		Plain:       s.plain(),
		Clock:       c.Clock,
		Logger:      c.Logger,
	})
	if s.secure != nil {
		if s.certificate, err = s.openCertificate(); err != nil {
			return err
		}
	}
	for _, d := range s.doors() {
		if keys == nil && !isLoopback(d.Addr()) {
			c.Logger.Warn("listening beyond loopback without authentication: whoever reaches this address can read and delete everything; --credentials FILE closes it",
				"addr", d.Addr().String())
		}
	}
	return nil
}

// watch closes done when the server can do no more work: its door or its log
// stopped, or it is being shut down. It returns then.
func (s *Server) watch() {
	defer close(s.watched)
	defer close(s.done)
	var stopped <-chan struct{} // nil, which never is ready, where the log cannot fail
	log, durable := s.log.(*disklog.Log)
	if durable {
		stopped = log.Done()
	}
	select {
	case <-s.closing:
	case <-s.served:
		s.err = s.serveErr
	case <-stopped:
		s.err = fmt.Errorf("the log stopped: %w", log.Err())
		s.config.Logger.Error("the log stopped; restart to recover what is durable", "err", log.Err())
	}
}

// Done is closed when the server no longer works: after Shutdown, or earlier
// when something failed that only a restart can mend. Err then says what. The
// owner calls Shutdown in either case.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns why the server stopped by itself, nil before Done is closed or
// when it was shut down.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Addr returns the address that is really bound.
func (s *Server) Addr() net.Addr { return s.door.Addr() }

// URL returns the endpoint for a client on this machine, such as
// "http://127.0.0.1:4567".
func (s *Server) URL() string {
	return "http://" + hostPort(s.door.Addr())
}

// Config returns the configuration in force, defaults filled in.
func (s *Server) Config() Config { return s.config }

// Shutdown stops the server in the reverse order of Open: it takes no more
// requests, waits for those under way until ctx ends, stops the services, and
// closes the log. Everything acknowledged is safe afterwards. Later calls
// return what the first one did.
func (s *Server) Shutdown(ctx context.Context) error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.kinesis.EndSubscriptions() // which would outlast every grace
		err := s.shut(ctx)
		<-s.watched
		<-s.reported
		s.unregister()
		s.dynamo.Close()
		s.kinesis.Close()
		s.closeErr = errors.Join(err, s.log.Close())
	})
	return s.closeErr
}

// Close is Shutdown with a few seconds for the requests under way.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	return s.Shutdown(ctx)
}
