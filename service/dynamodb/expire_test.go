package dynamodb

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// TestExpire lets the items of one table expire and not those of another, nor
// those whose time has not come, is long past, is no time, or was changed.
func TestExpire(t *testing.T) {
	r := newRig(t, Options{})
	defer r.Close()
	r.createTable("id")
	_, err := r.UpdateTimeToLive(r.ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := r.clock.Now()
	for id, until := range map[string]attr.Value{
		"past":   num(strconv.FormatInt(now.Unix()-1, 10)),
		"soon":   num(strconv.FormatInt(now.Add(time.Hour).Unix(), 10)),
		"later":  num(strconv.FormatInt(now.Add(100*time.Hour).Unix(), 10)),
		"wrong":  num(strconv.FormatInt(now.Add(-6*365*24*time.Hour).Unix(), 10)),
		"text":   str("1"),
		"broken": num("1.5"),
	} {
		if _, err := r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str(id), "until": until}}); err != nil {
			t.Fatal(err)
		}
	}
	there := func(id string) bool {
		out, err := r.GetItem(r.ctx, &getIn{TableName: table, Key: attr.Item{"id": str(id)}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Item != nil
	}
	defined := r.defined()
	r.expire(defined)
	if there("past") || !there("soon") {
		t.Errorf("past is there: %v; soon is there: %v", there("past"), there("soon"))
	}
	r.clock.Advance(2 * time.Hour)
	r.expire(defined)
	for id, want := range map[string]bool{"soon": false, "later": true, "wrong": true, "text": true, "broken": true} {
		if there(id) != want {
			t.Errorf("%s is there: %v", id, !want)
		}
	}
	item := attr.Item{"id": str("later"), "until": num("1")}
	if result, err := r.writer.one(r.ctx, deletionOf(defined, item)); err != nil || !result.Refused || !there("later") {
		t.Errorf("an item whose time was changed: %+v, %v", result, err)
	}
	r.checkReplay()
}

// TestExpireByItself waits for the service to look.
func TestExpireByItself(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	_, err := r.UpdateTimeToLive(r.ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("until"), Enabled: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("a"), "until": num(strconv.FormatInt(r.clock.Now().Unix()-1, 10))}}); err != nil {
		t.Fatal(err)
	}
	r.Start()
	defer r.Close()
	for r.state.Get(1, r.defined().Keys.Key(idA)) != nil {
		r.clock.Advance(expireEvery)
	}
}
