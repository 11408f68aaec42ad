package leat_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/api/kinesisapi"
)

const (
	owner    = "111111111111"
	stranger = "222222222222"
	ofStream = "arn:aws:kinesis:us-east-1:111111111111:stream/s"
)

// guarded has a request for every operation that is served, and what it is
// about. In it $ARN is a stream's ARN, $CONSUMER that of its consumer and
// $ITERATOR an iterator into its shard.
var guarded = []struct {
	operation, body, resource string
	shared                    bool // a resource's policy can open it to other accounts
}{
	{"AddTagsToStream", `{"StreamARN":"$ARN","Tags":{"a":"b"}}`, "$ARN", false},
	{"CreateStream", `{"StreamName":"s","ShardCount":1}`, "$ARN", false},
	{"DecreaseStreamRetentionPeriod", `{"StreamARN":"$ARN","RetentionPeriodHours":24}`, "$ARN", false},
	{"DeleteResourcePolicy", `{"ResourceARN":"$ARN"}`, "$ARN", false},
	{"DeleteStream", `{"StreamARN":"$ARN"}`, "$ARN", false},
	{"DeregisterStreamConsumer", `{"StreamARN":"$ARN","ConsumerName":"c"}`, "$CONSUMER", false},
	{"DescribeAccountSettings", `{}`, "*", false},
	{"DescribeLimits", `{}`, "*", false},
	{"DescribeStream", `{"StreamARN":"$ARN"}`, "$ARN", false},
	{"DescribeStreamConsumer", `{"ConsumerARN":"$CONSUMER"}`, "$CONSUMER", true},
	{"DescribeStreamSummary", `{"StreamARN":"$ARN"}`, "$ARN", true},
	{"DisableEnhancedMonitoring", `{"StreamARN":"$ARN","ShardLevelMetrics":["ALL"]}`, "$ARN", false},
	{"EnableEnhancedMonitoring", `{"StreamARN":"$ARN","ShardLevelMetrics":["ALL"]}`, "$ARN", false},
	{"GetRecords", `{"ShardIterator":"$ITERATOR","StreamARN":"$ARN"}`, "$ARN", true},
	{"GetResourcePolicy", `{"ResourceARN":"$CONSUMER"}`, "$CONSUMER", false},
	{"GetShardIterator", `{"StreamARN":"$ARN","ShardId":"shardId-000000000000","ShardIteratorType":"LATEST"}`, "$ARN", true},
	{"IncreaseStreamRetentionPeriod", `{"StreamARN":"$ARN","RetentionPeriodHours":24}`, "$ARN", false},
	{"ListShards", `{"StreamARN":"$ARN"}`, "$ARN", true},
	{"ListStreamConsumers", `{"StreamARN":"$ARN"}`, "$ARN", false},
	{"ListStreams", `{}`, "*", false},
	{"ListTagsForResource", `{"ResourceARN":"$CONSUMER"}`, "$CONSUMER", false},
	{"ListTagsForStream", `{"StreamARN":"$ARN"}`, "$ARN", false},
	{"MergeShards", `{"StreamARN":"$ARN","ShardToMerge":"a","AdjacentShardToMerge":"b"}`, "$ARN", false},
	{"PutRecord", `{"StreamARN":"$ARN","PartitionKey":"k","Data":"aGk="}`, "$ARN", true},
	{"PutRecords", `{"StreamARN":"$ARN","Records":[{"PartitionKey":"k","Data":"aGk="}]}`, "$ARN", true},
	{"PutResourcePolicy", `{"ResourceARN":"$ARN","Policy":"x"}`, "$ARN", false},
	{"RegisterStreamConsumer", `{"StreamARN":"$ARN","ConsumerName":"c"}`, "$ARN", false},
	{"RemoveTagsFromStream", `{"StreamARN":"$ARN","TagKeys":["a"]}`, "$ARN", false},
	{"SplitShard", `{"StreamARN":"$ARN","ShardToSplit":"a","NewStartingHashKey":"7"}`, "$ARN", false},
	{"StartStreamEncryption", `{"StreamARN":"$ARN","EncryptionType":"KMS","KeyId":"none"}`, "$ARN", false},
	{"StopStreamEncryption", `{"StreamARN":"$ARN","EncryptionType":"KMS","KeyId":"none"}`, "$ARN", false},
	{"SubscribeToShard", `{"ConsumerARN":"$CONSUMER","ShardId":"shardId-000000000000","StartingPosition":{"Type":"LATEST"},"DryRun":true}`, "$CONSUMER", true},
	{"TagResource", `{"ResourceARN":"$CONSUMER","Tags":{"a":"b"}}`, "$CONSUMER", false},
	{"UntagResource", `{"ResourceARN":"$ARN","TagKeys":["a"]}`, "$ARN", false},
	{"UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"DISABLED"}}`, "*", false},
	{"UpdateMaxRecordSize", `{"StreamARN":"$ARN","MaxRecordSizeInKiB":1024}`, "$ARN", false},
	{"UpdateShardCount", `{"StreamARN":"$ARN","TargetShardCount":1,"ScalingType":"UNIFORM_SCALING"}`, "$ARN", false},
	{"UpdateStreamMode", `{"StreamARN":"$ARN","StreamModeDetails":{"StreamMode":"PROVISIONED"}}`, "$ARN", false},
	{"UpdateStreamRecordDistributionStrategy", `{"StreamARN":"$ARN","RecordDistributionStrategy":"USER_PARTITION_KEY"}`, "$ARN", false},
	{"UpdateStreamWarmThroughput", `{"StreamARN":"$ARN","WarmThroughputMiBps":1}`, "$ARN", false},
}

// guard is a server with a credentials file.
type guard struct {
	t                  *testing.T
	url                string
	consumer, iterator string
}

// credential is an entry of a credentials file whose secret is that of all.
type credential map[string]any

func key(id, account string, policies ...any) credential {
	c := credential{"accessKeyId": id, "secretAccessKey": "secret", "account": account}
	if policies != nil {
		c["policies"] = policies
	}
	return c
}

// allow and deny are policies of one statement, with more members if need be.
func allow(action, resource any, more ...any) any { return statement("Allow", action, resource, more) }
func deny(action, resource any, more ...any) any  { return statement("Deny", action, resource, more) }

func statement(effect string, action, resource any, more []any) any {
	s := map[string]any{"Effect": effect, "Action": action, "Resource": resource}
	for i := 0; i < len(more); i += 2 {
		s[more[i].(string)] = more[i+1]
	}
	return map[string]any{"Version": "2012-10-17", "Statement": s}
}

// newGuard starts a server for the keys, and for the key ADMIN of the owner,
// with the stream s and its consumer c.
func newGuard(t *testing.T, keys ...credential) *guard {
	t.Helper()
	text, err := json.Marshal(map[string]any{"credentials": append(keys, key("ADMIN", owner))})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := leat.Open(t.Context(), leat.Config{Listen: "127.0.0.1:0", Durability: leat.DurabilityMemory, Credentials: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := &guard{t: t, url: s.URL()}
	g.must("ADMIN", "CreateStream", `{"StreamName":"s","ShardCount":1}`)
	g.iterator = g.must("ADMIN", "GetShardIterator", guardedBody("GetShardIterator"))["ShardIterator"].(string)
	c := g.must("ADMIN", "RegisterStreamConsumer", `{"StreamARN":"$ARN","ConsumerName":"c"}`)["Consumer"].(map[string]any)
	g.consumer = c["ConsumerARN"].(string)
	return g
}

func guardedBody(operation string) string {
	for _, c := range guarded {
		if c.operation == operation {
			return c.body
		}
	}
	panic("no request for " + operation)
}

func (g *guard) fill(text string) string {
	return strings.NewReplacer("$ARN", ofStream, "$CONSUMER", g.consumer, "$ITERATOR", g.iterator).Replace(text)
}

// request is a signed one.
func (g *guard) request(accessKey, secret, operation, body string, at time.Time) *http.Request {
	g.t.Helper()
	body = g.fill(body)
	r, err := http.NewRequest(http.MethodPost, g.url, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secret},
		r, hex.EncodeToString(sum[:]), "kinesis", "us-east-1", at)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

// send returns the members of the answer, and "Type: message" of an error.
func (g *guard) send(r *http.Request) (out map[string]any, refused string) {
	g.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			g.t.Fatalf("%s: %v", text, err)
		}
	}
	if resp.StatusCode != http.StatusOK {
		refused = fmt.Sprintf("%v: %v", out["__type"], out["message"])
	}
	return out, refused
}

func (g *guard) call(accessKey, operation, body string) string {
	g.t.Helper()
	_, refused := g.send(g.request(accessKey, "secret", operation, body, time.Now()))
	return refused
}

func (g *guard) must(accessKey, operation, body string) map[string]any {
	g.t.Helper()
	out, refused := g.send(g.request(accessKey, "secret", operation, body, time.Now()))
	if refused != "" {
		g.t.Fatalf("%s: %s", operation, refused)
	}
	return out
}

// wantDenied expects AWS's error.
func (g *guard) wantDenied(account, accessKey, operation, body, resource, reason string) {
	g.t.Helper()
	want := g.fill(fmt.Sprintf("AccessDeniedException: User: arn:aws:iam::%s:user/%s is not authorized to perform: kinesis:%s on resource: %s %s",
		account, accessKey, operation, resource, reason))
	if got := g.call(accessKey, operation, body); got != want {
		g.t.Errorf("%s %s\ngot  %s\nwant %s", accessKey, body, got, want)
	}
}

func (g *guard) wantAllowed(accessKey, operation, body string) {
	g.t.Helper()
	if got := g.call(accessKey, operation, body); strings.HasPrefix(got, "AccessDenied") || strings.HasPrefix(got, "InternalFailure") {
		g.t.Errorf("%s %s %s: %s", accessKey, operation, body, got)
	}
}

// TestPolicies has, for each operation, what identity policies decide.
func TestPolicies(t *testing.T) {
	keys := []credential{key("NOBODY", owner, []any{}...)}
	keys[0]["policies"] = []any{}
	for _, c := range guarded {
		resource := strings.NewReplacer("$ARN", ofStream, "$CONSUMER", ofStream+"/consumer/c:*").Replace(c.resource)
		one := "kinesis:" + c.operation
		keys = append(keys,
			key("ONLY-"+c.operation, owner, allow(one, resource)),
			key("BUT-"+c.operation, owner, map[string]any{"Statement": map[string]any{"Effect": "Allow", "NotAction": one, "Resource": "*"}}),
			key("ELSEWHERE-"+c.operation, owner, allow(one, "arn:aws:kinesis:*:*:stream/other*")),
			key("DENIED-"+c.operation, owner, allow("*", "*"), deny(one, resource)))
	}
	g := newGuard(t, keys...)
	served := map[string]bool{}
	for _, c := range guarded {
		served[c.operation] = true
		none := "because no identity-based policy allows the kinesis:" + c.operation + " action"
		for _, accessKey := range []string{"NOBODY", "BUT-" + c.operation, "ELSEWHERE-" + c.operation} {
			g.wantDenied(owner, accessKey, c.operation, c.body, c.resource, none)
		}
		g.wantDenied(owner, "DENIED-"+c.operation, c.operation, c.body, c.resource, "with an explicit deny in an identity-based policy")
	}
	for _, c := range guarded {
		if c.operation != "DeregisterStreamConsumer" && c.operation != "DeleteStream" { // the others need what these take
			g.wantAllowed("ONLY-"+c.operation, c.operation, c.body)
		}
	}
	g.wantAllowed("ONLY-DeregisterStreamConsumer", "DeregisterStreamConsumer", guardedBody("DeregisterStreamConsumer"))
	g.wantAllowed("ONLY-DeleteStream", "DeleteStream", guardedBody("DeleteStream"))
	for operation := range kinesisapi.Service.Operations {
		if !served[operation] && !strings.Contains(operation, "Channel") {
			t.Errorf("%s is not in the table", operation)
		}
	}
}

// TestForeignCalls has, for each operation, what another account may do: with
// the policy of the resource, and without.
func TestForeignCalls(t *testing.T) {
	g := newGuard(t, key("FULL", stranger), key("GETS", stranger, allow("kinesis:Get*", "*")))
	const closed = "because no resource-based policy allows the kinesis:%s action"
	for _, c := range guarded {
		if c.resource != "*" && c.operation != "CreateStream" {
			g.wantDenied(stranger, "FULL", c.operation, c.body, c.resource, fmt.Sprintf(closed, c.operation))
		}
	}
	for _, resource := range []string{ofStream, g.consumer} {
		open, err := json.Marshal(map[string]any{
			"ResourceARN": resource,
			"Policy": fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"kinesis:*","Resource":"%s"},
				{"Effect":"Deny","Principal":"*","Action":"kinesis:ListShards","Resource":"*"}]}`, stranger, resource),
		})
		if err != nil {
			t.Fatal(err)
		}
		g.must("ADMIN", "PutResourcePolicy", string(open))
	}
	for _, c := range guarded {
		switch {
		case c.operation == "ListShards":
			g.wantDenied(stranger, "FULL", c.operation, c.body, c.resource, "with an explicit deny in a resource-based policy")
			g.wantDenied(owner, "ADMIN", c.operation, c.body, c.resource, "with an explicit deny in a resource-based policy")
		case c.shared:
			refused := g.call("FULL", c.operation, c.body)
			if refused != "" && !strings.HasPrefix(refused, "DryRunOperationException") {
				t.Errorf("%s: %s", c.operation, refused)
			}
		case c.resource != "*" && c.operation != "CreateStream":
			g.wantDenied(stranger, "FULL", c.operation, c.body, c.resource, fmt.Sprintf(closed, c.operation))
		}
	}
	// Both sides have to allow.
	g.wantAllowed("GETS", "GetRecords", guardedBody("GetRecords"))
	g.wantDenied(stranger, "GETS", "PutRecord", guardedBody("PutRecord"), ofStream, "because no identity-based policy allows the kinesis:PutRecord action")
	// A name alone is a stream of one's own.
	if got := g.call("FULL", "DescribeStreamSummary", `{"StreamName":"s"}`); got != "ResourceNotFoundException: Stream s under account 222222222222 not found." {
		t.Errorf("by name: %s", got)
	}
	g.must("ADMIN", "DeleteResourcePolicy", `{"ResourceARN":"$ARN"}`)
	g.wantDenied(stranger, "FULL", "PutRecord", guardedBody("PutRecord"), ofStream, fmt.Sprintf(closed, "PutRecord"))
}

// TestPolicyDetails has the permissions and conditions that go beyond one
// action on one resource.
func TestPolicyDetails(t *testing.T) {
	when := func(operator, key string, value any) []any {
		return []any{"Condition", map[string]any{operator: map[string]any{key: value}}}
	}
	on := func(id, action, operator, key string, value any) credential {
		return credential{"accessKeyId": id, "secretAccessKey": "secret", "account": owner,
			"policies": []any{allow(action, "*", when(operator, key, value)...)}}
	}
	const put = "kinesis:PutRecord"
	g := newGuard(t,
		key("CREATE", owner, allow("kinesis:CreateStream", "*")),
		key("CREATE-AND-TAG", owner, allow([]string{"kinesis:CreateStream", "kinesis:AddTagsToStream"}, "*",
			when("StringEquals", "aws:RequestTag/team", "blue")...)),
		key("REGISTER", owner, allow("kinesis:RegisterStreamConsumer", "*")),
		key("GET", owner, allow("kinesis:GetRecords", ofStream)),
		key("LIST", owner, allow("kinesis:ListShards", ofStream)),
		on("LOOPBACK", put, "IpAddress", "aws:SourceIp", "127.0.0.0/8"),
		on("AFAR", put, "IpAddress", "aws:SourceIp", "10.0.0.0/8"),
		on("TLS", put, "Bool", "aws:SecureTransport", "true"),
		on("PLAIN", put, "Bool", "aws:SecureTransport", "false"),
		on("PAST", put, "DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
		on("FUTURE", put, "DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
		on("HERE", put, "StringEquals", "aws:RequestedRegion", "us-east-1"),
		on("OURS", put, "StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
		on("TAGGED", put, "StringEquals", "aws:ResourceTag/team", "blue"),
		on("ITSELF", put, "ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:user/ITSELF"),
		on("NAMED", put, "StringEquals", "aws:username", "NAMED"),
		on("TAGGER", "kinesis:AddTagsToStream", "ForAllValues:StringEquals", "aws:TagKeys", []string{"team"}))
	const noIdentity = "because no identity-based policy allows the kinesis:%s action"

	// What creates with tags needs the permission to tag.
	g.wantAllowed("CREATE", "CreateStream", `{"StreamName":"t","ShardCount":1}`)
	of := "arn:aws:kinesis:us-east-1:111111111111:stream/u"
	g.wantDenied(owner, "CREATE", "AddTagsToStream", `{"StreamName":"u","Tags":{"team":"blue"}}`, of, fmt.Sprintf(noIdentity, "AddTagsToStream"))
	created := `{"StreamName":"u","ShardCount":1,"Tags":{"team":"blue"}}`
	if got := g.call("CREATE", "CreateStream", created); !strings.Contains(got, "perform: kinesis:AddTagsToStream on resource: "+of+" ") {
		t.Errorf("create with tags: %s", got)
	}
	g.wantAllowed("CREATE-AND-TAG", "CreateStream", created)
	g.wantDenied(owner, "CREATE-AND-TAG", "CreateStream", `{"StreamName":"u","ShardCount":1,"Tags":{"team":"red"}}`, of, fmt.Sprintf(noIdentity, "CreateStream"))
	tagged := `{"StreamARN":"$ARN","ConsumerName":"d","Tags":{"a":"b"}}`
	if got := g.call("REGISTER", "RegisterStreamConsumer", tagged); !strings.Contains(got, "perform: kinesis:TagResource on resource: "+ofStream+" ") {
		t.Errorf("register with tags: %s", got)
	}

	// A token is enough to know the stream, and a wrong one opens nothing.
	g.wantAllowed("GET", "GetRecords", `{"ShardIterator":"$ITERATOR"}`)
	g.wantDenied(owner, "GET", "GetRecords", `{"ShardIterator":"x"}`, "arn:aws:kinesis:us-east-1:111111111111:stream/", fmt.Sprintf(noIdentity, "GetRecords"))
	g.must("ADMIN", "UpdateShardCount", `{"StreamName":"s","TargetShardCount":2,"ScalingType":"UNIFORM_SCALING"}`)
	next := g.must("LIST", "ListShards", `{"StreamARN":"$ARN","MaxResults":1}`)["NextToken"].(string)
	g.wantAllowed("LIST", "ListShards", `{"NextToken":"`+next+`"}`)
	g.wantDenied(owner, "GET", "ListShards", `{"NextToken":"`+next+`"}`, ofStream, fmt.Sprintf(noIdentity, "ListShards"))

	body := guardedBody("PutRecord")
	for _, accessKey := range []string{"LOOPBACK", "PLAIN", "FUTURE", "HERE", "OURS", "ITSELF", "NAMED"} {
		g.wantAllowed(accessKey, "PutRecord", body)
	}
	for _, accessKey := range []string{"AFAR", "TLS", "PAST", "TAGGED"} {
		g.wantDenied(owner, accessKey, "PutRecord", body, ofStream, fmt.Sprintf(noIdentity, "PutRecord"))
	}
	g.wantAllowed("TAGGER", "AddTagsToStream", `{"StreamName":"s","Tags":{"team":"blue"}}`)
	g.wantDenied(owner, "TAGGER", "AddTagsToStream", `{"StreamName":"s","Tags":{"team":"blue","cost":"1"}}`, ofStream, fmt.Sprintf(noIdentity, "AddTagsToStream"))
	g.wantAllowed("TAGGED", "PutRecord", body)
}

// TestForgedCalls: a wrong secret, an old date and another body are refused,
// for each operation, and before anything is told about the resource.
func TestForgedCalls(t *testing.T) {
	g := newGuard(t)
	const mismatch = "InvalidSignatureException: The request signature we calculated does not match"
	for _, c := range guarded {
		_, wrong := g.send(g.request("ADMIN", "another", c.operation, c.body, time.Now()))
		_, old := g.send(g.request("ADMIN", "secret", c.operation, c.body, time.Now().Add(-6*time.Minute)))
		_, early := g.send(g.request("ADMIN", "secret", c.operation, c.body, time.Now().Add(time.Hour)))
		_, unknown := g.send(g.request("NOBODY", "secret", c.operation, c.body, time.Now()))

		now := time.Now() // of the same day, which is in the scope
		replayed := g.request("ADMIN", "secret", c.operation, c.body, now.Truncate(24*time.Hour).Add(-time.Second).AddDate(0, 0, 1))
		replayed.Header.Set("X-Amz-Date", now.UTC().Format("20060102T150405Z"))
		_, redated := g.send(replayed)

		altered := g.request("ADMIN", "secret", c.operation, c.body, time.Now())
		body := []byte(g.fill(c.body) + " ")
		altered.Body, altered.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		_, other := g.send(altered)

		for _, got := range []struct{ what, got, want string }{
			{"wrong secret", wrong, mismatch},
			{"old date", old, "InvalidSignatureException: Signature expired: "},
			{"early date", early, "InvalidSignatureException: Signature not yet current: "},
			{"unknown key", unknown, "UnrecognizedClientException: The security token included in the request is invalid."},
			{"old signature, new date", redated, mismatch},
			{"altered body", other, mismatch},
		} {
			if !strings.HasPrefix(got.got, got.want) {
				t.Errorf("%s, %s: %s", c.operation, got.what, got.got)
			}
		}
	}
}
