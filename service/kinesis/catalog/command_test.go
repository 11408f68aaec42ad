package catalog

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/leat-io/leat/storage"
)

// The form of commands and snapshots is kept for years: a change here is a
// change of the format.
func TestForms(t *testing.T) {
	cmd := &SplitShard{Ref: orders, Shard: 3, NewStartingHashKey: "77"}
	terms := Terms{AtMillis: t0, DelayMillis: 500, Quotas: Quotas{Shards: 200}}
	const form = `{"kind":"split_shard","version":1,"terms":{"at":1700000000500,"delay":500,"quotas":{"shards":200}},` +
		`"command":{"account":"000000000000","region":"us-east-1","name":"orders","shard":3,"new_starting_hash_key":"77"}}`
	if got := string(Encode(cmd, terms)); got != form {
		t.Errorf("got  %s\nwant %s", got, form)
	}
	gotCmd, gotTerms, err := decode([]byte(form))
	if err != nil || gotTerms != terms || !reflect.DeepEqual(gotCmd, cmd) {
		t.Errorf("%+v, %+v, %v", gotCmd, gotTerms, err)
	}

	r := testRig(t)
	r.create(1)
	r.terms.DelayMillis = 500
	r.must(&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "77"})
	const snap = `{"version":1,"next_stream":2,"next_transition":3,"seen":1700000000500,"streams":[` +
		`{"id":1,"account":"000000000000","region":"us-east-1","name":"orders","status":"UPDATING","mode":"PROVISIONED",` +
		`"created":1700000000500,"changed":1700000000500,"retention":24,"max_record_kib":1024,` +
		`"shards":[{"i":0,"r":{"Start":"0","End":"340282366920938463463374607431768211455"},"p":-1,"a":-1,"o":1700000000500,"cs":1699999998}],` +
		`"next_shard":1,"pending":{"number":2,"due":1700000001000,"split":{"shard":0,"at":"77"}}}]}` + "\n"
	var b bytes.Buffer
	if err := r.Snapshot()(&b); err != nil || b.String() != snap {
		t.Errorf("got  %swant %s%v", b.String(), snap, err)
	}
}

func TestEveryKindIsKnown(t *testing.T) {
	for kind, make := range commands {
		cmd := make()
		got, _, err := decode(Encode(cmd, Terms{}))
		if err != nil || cmd.kind() != kind || reflect.TypeOf(got) != reflect.TypeOf(cmd) {
			t.Errorf("%s: %T, %v", kind, got, err)
		}
	}
}

// What this leat does not understand it must not skip.
func TestUnknownCommandPanics(t *testing.T) {
	for _, command := range []string{
		`{"kind":"frobnicate","version":1,"command":{}}`,
		`{"kind":"delete_stream","version":2,"command":{}}`,
		`{"kind":"delete_stream","version":1,"command":7}`,
		`garbage`,
		``,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was applied", command)
				}
			}()
			var e storage.Effects
			New().Apply([]byte(command), &e)
		}()
	}
}

func TestRestoreRefuses(t *testing.T) {
	for snap, want := range map[string]string{
		`{"version":2}`: "restore catalog: version 2, this leat knows 1",
		`{"version":1,"streams":[{"shards":[{"r":{"Start":"x"}}]}]}`: "restore catalog: not a hash key",
		`{`: "restore catalog: unexpected EOF",
	} {
		c := New()
		if err := c.Restore(strings.NewReader(snap)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", snap, err)
		}
		if len(c.All()) != 0 {
			t.Errorf("%s: restored something", snap)
		}
	}
}
