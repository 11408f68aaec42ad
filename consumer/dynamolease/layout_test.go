package dynamolease_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
)

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

type item = map[string]types.AttributeValue

// createTable makes a table with one key, as versions of the KCL do.
func createTable(t *testing.T, client dynamolease.Client, name, key string) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: &key, KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &key, AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func putItem(t *testing.T, client dynamolease.Client, table string, row item) {
	t.Helper()
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: row}); err != nil {
		t.Fatal(err)
	}
}

func getItem(t *testing.T, client dynamolease.Client, table, key, value string) item {
	t.Helper()
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: item{key: text(value)}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

func open(t *testing.T, client dynamolease.Client, opts ...dynamolease.Option) *dynamolease.Store {
	t.Helper()
	s := dynamolease.New(client, "app", append(opts, quick)...)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLegacyTables has an application of KCL 3.4: whatever is not a lease stays
// in the tables where its workers look for it, until they have moved.
func TestLegacyTables(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	createTable(t, client, "app", "leaseKey")
	createTable(t, client, "app-CoordinatorState", "key") // and no table of reports yet
	s := open(t, client)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	report := lease.WorkerStats{Worker: "w", Updated: time.Unix(1700000000, 0)}
	must(s.PutStats(ctx, report))
	held := lease.Lock{Owner: "w", Duration: time.Minute, Version: "1"}
	must(s.AcquireLock(ctx, nil, held))
	must(s.Heartbeat(ctx, held, "2"))
	must(s.SetMigration(ctx, nil, lease.Migration{Version: lease.Version3x, ModifiedBy: "w"}))
	if created, err := s.Create(ctx, lease.New("", "s", lease.TrimHorizon)); err != nil || !created {
		t.Fatalf("created: %v, %v", created, err)
	}
	for _, c := range []struct{ table, key, value string }{
		{"app-CoordinatorState", "key", "Leader"}, {"app-CoordinatorState", "key", "Migration3.0"},
		{"app-WorkerMetricStats", "wid", "w"}, {"app", "leaseKey", "s"},
	} {
		if row := getItem(t, client, c.table, c.key, c.value); len(row) == 0 || row["entityType"] != nil {
			t.Errorf("%s in %s is %v", c.value, c.table, row)
		}
	}
	if all, err := s.List(ctx); err != nil || len(all.Leases) != 1 || len(all.Stats) != 1 || all.Unreadable != 0 {
		t.Errorf("listed %+v, %v", all, err)
	}

	// Workers of KCL 3.5 get ready; nothing changes yet.
	putItem(t, client, "app-CoordinatorState", item{"key": text("TableMigration3.5"), "tm": text("TABLE_MIGRATION_STATUS_DEPLOYED")})
	report.Updated = time.Unix(1700000030, 0)
	must(s.PutStats(ctx, report))
	if row := getItem(t, client, "app", "leaseKey", "w"); len(row) != 0 {
		t.Errorf("a report went to the lease table too early: %v", row)
	}
	// They have copied what there is, and move on.
	putItem(t, client, "app", item{
		"leaseKey": text("TableMigration3.5"), "tm": text("TABLE_MIGRATION_STATUS_PENDING"), "entityType": text("TABLE_MIGRATION"),
	})
	putItem(t, client, "app", item{
		"leaseKey": text("Leader"), "ownerName": text("java"), "leaseDuration": text("120000"),
		"recordVersionNumber": text("9"), "entityType": text("LEADER"),
	})
	report.Updated = time.Unix(1700000060, 0)
	must(s.PutStats(ctx, report))
	if row := getItem(t, client, "app", "leaseKey", "w"); len(row) == 0 {
		t.Error("the report did not go to the lease table")
	}
	if l, err := s.Lock(ctx); err != nil || l.Owner != "java" || l.Duration != 2*time.Minute {
		t.Errorf("lock is %+v, %v", l, err)
	}
	all, err := s.List(ctx)
	if err != nil || len(all.Leases) != 1 || len(all.Stats) != 1 || all.Unreadable != 0 {
		t.Errorf("listed %+v, %v", all, err)
	}
	if s := open(t, client); s != nil { // a worker that starts now
		if l, err := s.Lock(ctx); err != nil || l.Owner != "java" {
			t.Errorf("lock is %+v, %v", l, err)
		}
	}
}

// TestTwoReports has a worker that reported to the old table and then to the
// new one, while other workers use the old.
func TestTwoReports(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	createTable(t, client, "app-CoordinatorState", "key")
	s := open(t, client)
	putItem(t, client, "app-WorkerMetricStats", item{"wid": text("w"), "lut": number("1700000000")})
	putItem(t, client, "app", item{"leaseKey": text("w"), "lut": number("1700000030"), "entityType": text("WORKER_METRIC_STATS")})
	all, err := s.List(t.Context())
	if err != nil || len(all.Stats) != 1 || all.Stats[0].Updated.Unix() != 1700000030 {
		t.Errorf("reports %+v, %v", all.Stats, err)
	}
}

// TestTableOf2x opens a table of KCL 1.x with leases in it: it gets the index,
// and its rows keep what we do not know.
func TestTableOf2x(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	createTable(t, client, "app", "leaseKey")
	putItem(t, client, "app", item{
		"leaseKey": text("shardId-000000000000"), "leaseOwner": text("java"), "leaseCounter": number("41"),
		"checkpoint": text("TRIM_HORIZON"), "checkpointSubSequenceNumber": number("0"), "ownerSwitchesSinceCheckpoint": number("3"),
		"ours": text("kept"),
	})
	s := open(t, client)
	ctx := t.Context()
	keys, err := s.Keys(ctx, "java")
	if err != nil || len(keys) != 1 {
		t.Fatalf("keys %v, %v", keys, err)
	}
	l, err := s.Get(ctx, keys[0])
	if err != nil || l.Counter != 41 || l.OwnerSwitches != 3 || l.HasHashRange || l.HasThroughput {
		t.Fatalf("lease %+v, %v", l, err)
	}
	if l, err = s.Take(ctx, l, "go"); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Update(ctx, l.Checkpointed(lease.Checkpoint{Sequence: "5"})); err != nil {
		t.Fatal(err)
	}
	row := getItem(t, client, "app", "leaseKey", keys[0])
	if row["ours"] == nil || row["entityType"] != nil {
		t.Errorf("row is %v", row)
	}
}

// TestStrangeRows lists rows that are no leases: those of KCL 3.5 are passed
// over, and what cannot be read is counted.
func TestStrangeRows(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	s := open(t, client)
	for _, row := range []item{
		{"leaseKey": text("stream"), "entityType": text("STREAM")},
		{"leaseKey": text("TableMigration3.5"), "entityType": text("TABLE_MIGRATION")},
		{"leaseKey": text("no counter"), "checkpoint": text("LATEST")},
		{"leaseKey": text("no checkpoint"), "leaseCounter": number("1")},
		{"leaseKey": text("nonsense"), "leaseCounter": number("1"), "checkpoint": text("SOMEWHERE")},
		{"leaseKey": text("from the future"), "leaseCounter": number("1"), "checkpoint": text("LATEST"), "entityType": text("QUEUE")},
	} {
		putItem(t, client, "app", row)
	}
	if all, err := s.List(t.Context()); err != nil || len(all.Leases) != 0 || len(all.Stats) != 0 || all.Unreadable != 4 {
		t.Errorf("listed %+v, %v", all, err)
	}
	if empty, err := s.Empty(t.Context()); err != nil || !empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
}

// TestProvisioned has the table, and then its index, made with capacity units.
func TestProvisioned(t *testing.T) {
	r := &recorder{Client: dynamolease.InProcess(newService(t))}
	open(t, r, dynamolease.TableName("leases"), dynamolease.Provisioned(10, 20), dynamolease.Tags(map[string]string{"team": "t"}), dynamolease.DeletionProtection())
	got := r.text.String()
	for want, times := range map[string]int{
		"ProvisionedThroughput: ReadCapacityUnits=10 WriteCapacityUnits=20": 1,
		"ProvisionedThroughput=ReadCapacityUnits=10 WriteCapacityUnits=20":  1,
		"DeletionProtectionEnabled: true":                                   1, "Tags: [Key=team Value=t]": 1, "TableName: leases\n": 4,
	} {
		if n := strings.Count(got, want); n != times {
			t.Errorf("%q occurs %d times, want %d, in\n%s", want, n, times, got)
		}
	}
}

// TestErrors fails every request in turn and looks at what becomes of it.
func TestErrors(t *testing.T) {
	r := &recorder{Client: dynamolease.InProcess(newService(t))}
	s := open(t, r)
	ctx := t.Context()
	l := lease.New("", "s", lease.TrimHorizon)
	calls := map[string]func() error{
		"Empty":  func() error { _, err := s.Empty(ctx); return err },
		"List":   func() error { _, err := s.List(ctx); return err },
		"Keys":   func() error { _, err := s.Keys(ctx, "w"); return err },
		"Get":    func() error { _, err := s.Get(ctx, "s"); return err },
		"Create": func() error { _, err := s.Create(ctx, l); return err },
		"Renew":  func() error { _, err := s.Renew(ctx, l); return err },
		"Assign": func() error { _, err := s.Assign(ctx, l, "w"); return err },
		"Delete": func() error { return s.Delete(ctx, "s") },
		"SetChildren": func() error {
			return s.SetChildren(ctx, "s", []string{"t"})
		},
		"PutStats":     func() error { return s.PutStats(ctx, lease.WorkerStats{Worker: "w"}) },
		"DeleteStats":  func() error { return s.DeleteStats(ctx, "w") },
		"Lock":         func() error { _, err := s.Lock(ctx); return err },
		"AcquireLock":  func() error { return s.AcquireLock(ctx, nil, lease.Lock{Owner: "w"}) },
		"Migration":    func() error { _, err := s.Migration(ctx); return err },
		"SetMigration": func() error { return s.SetMigration(ctx, nil, lease.Migration{}) },
	}
	reset := errors.New("connection reset")
	for _, c := range []struct{ answer, want error }{
		{&types.ProvisionedThroughputExceededException{}, lease.ErrThrottled},
		{&types.ThrottlingException{}, lease.ErrThrottled},
		{&types.ResourceNotFoundException{}, lease.ErrNotOpen},
		{reset, reset},
		{context.DeadlineExceeded, context.DeadlineExceeded},
	} {
		r.fail = func(string) error { return c.answer }
		for name, call := range calls {
			if err := call(); !errors.Is(err, c.want) {
				t.Errorf("%s, answered with %v: %v", name, c.answer, err)
			}
		}
		if err := s.Open(ctx); err == nil {
			t.Errorf("Open, answered with %v, succeeds", c.answer)
		}
	}
	// A server that does not tell the row of a conflict is asked for it.
	r.fail = nil
	if _, err := s.Create(ctx, l); err != nil {
		t.Fatal(err)
	}
	renewed, err := s.Renew(ctx, l)
	if err != nil {
		t.Fatal(err)
	}
	r.fail = func(operation string) error {
		if operation == "UpdateItem" {
			return &types.ConditionalCheckFailedException{}
		}
		return nil
	}
	l.Owner = "" // nobody's, and so not ours
	if _, err := lease.Renew(ctx, s, "w", renewed); !errors.Is(err, lease.ErrLost) {
		t.Errorf("error is %v", err)
	}
}

// TestRequestTimeout has the service not answer at all.
func TestRequestTimeout(t *testing.T) {
	s := dynamolease.New(hanging{}, "app", dynamolease.RequestTimeout(time.Millisecond))
	if _, err := s.Get(t.Context(), "s"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

// hanging is a client whose requests are never answered.
type hanging struct{ dynamolease.Client }

func (hanging) GetItem(ctx context.Context, _ *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestOpenRaces has another worker create the table, and its index, between a
// look for it and the creation.
func TestOpenRaces(t *testing.T) {
	inner := dynamolease.InProcess(newService(t))
	r := &recorder{Client: inner}
	raced := map[string]bool{}
	r.fail = func(operation string) error {
		if (operation == "CreateTable" || operation == "UpdateTable") && !raced[operation] {
			raced[operation] = true
			if operation == "CreateTable" {
				createTable(t, inner, "app", "leaseKey")
			} else {
				open(t, inner)
			}
		}
		return nil
	}
	open(t, r)
	if len(raced) != 2 {
		t.Errorf("raced for %v", raced)
	}
}

// TestLockOfNobody has a lock that lacks what every worker writes: one takes it
// over, and only one.
func TestLockOfNobody(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	s := open(t, client)
	putItem(t, client, "app", item{"leaseKey": text("Leader"), "entityType": text("LEADER")})
	seen, err := s.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := lease.Lock{Owner: "w", Duration: time.Minute, Version: "1"}
	if err := s.AcquireLock(t.Context(), &seen, next); err != nil {
		t.Error(err)
	}
	if err := s.AcquireLock(t.Context(), &seen, next); !errors.Is(err, lease.ErrConflict) {
		t.Errorf("taken twice: %v", err)
	}
}
