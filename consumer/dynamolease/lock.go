package dynamolease

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/lease"
)

// The leader lock is a row of the DynamoDB lock client, which the KCL uses
// (spec clients §3.2, §3.6).
const (
	lockKey      = "Leader"
	attrHolder   = "ownerName"
	attrDuration = "leaseDuration" // milliseconds, as a text
	attrVersion  = "recordVersionNumber"
	attrReleased = "isReleased"
	released     = "1"
)

// Lock implements lease.Store.
func (s *Store) Lock(ctx context.Context) (lease.Lock, error) {
	row, err := s.getRow(ctx, s.layout.Load().lock, lockKey)
	switch {
	case err != nil:
		return lease.Lock{}, err
	case len(row) == 0:
		return lease.Lock{}, lease.ErrNotFound
	}
	millis, _ := strconv.ParseInt(stringIn(row, attrDuration), 10, 64)
	return lease.Lock{
		Owner: stringIn(row, attrHolder), Duration: time.Duration(millis) * time.Millisecond,
		Version: stringIn(row, attrVersion), Released: stringIn(row, attrReleased) != "",
	}, nil
}

// AcquireLock implements lease.Store.
func (s *Store) AcquireLock(ctx context.Context, seen *lease.Lock, next lease.Lock) error {
	l := s.layout.Load()
	row := l.lock.row(lockKey)
	row[attrHolder], row[attrDuration], row[attrVersion] = text(next.Owner), millisOf(next.Duration), text(next.Version)
	if !l.legacy {
		row[attrEntity] = text(entityLeader)
	}
	in := &dynamodb.PutItemInput{TableName: &l.lock.table, Item: row, ExpressionAttributeNames: map[string]string{"#pk": l.lock.key}}
	switch {
	case seen == nil:
		in.ConditionExpression = aws.String("attribute_not_exists(#pk)")
	case seen.Released:
		in.ConditionExpression = aws.String("attribute_exists(#pk) AND #ir = :ir")
		in.ExpressionAttributeNames["#ir"] = attrReleased
		in.ExpressionAttributeValues = item{":ir": text(released)}
	case seen.Version == "": // a row that no worker wrote; it must not keep all of them from leading
		in.ConditionExpression = aws.String("attribute_exists(#pk) AND attribute_not_exists(#rvn)")
		in.ExpressionAttributeNames["#rvn"] = attrVersion
	default:
		in.ConditionExpression = aws.String("attribute_exists(#pk) AND #rvn = :rvn")
		in.ExpressionAttributeNames["#rvn"] = attrVersion
		in.ExpressionAttributeValues = item{":rvn": text(seen.Version)}
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.PutItem(ctx, in)
	return translate(lockKey, err)
}

// holding is the condition that a worker still has the lock as it was.
const holding = "attribute_exists(#pk) AND #rvn = :rvn AND #on = :on"

// holdingNames returns the names that the condition refers to.
func (p place) holdingNames() map[string]string {
	return map[string]string{"#pk": p.key, "#rvn": attrVersion, "#on": attrHolder}
}

// holdingValues returns the values that the condition refers to.
func holdingValues(held lease.Lock) item {
	return item{":rvn": text(held.Version), ":on": text(held.Owner)}
}

// millisOf returns a duration as the lock client writes it.
func millisOf(d time.Duration) types.AttributeValue {
	return text(strconv.FormatInt(d.Milliseconds(), 10))
}

// Heartbeat implements lease.Store.
func (s *Store) Heartbeat(ctx context.Context, held lease.Lock, version string) error {
	p := s.layout.Load().lock
	names, values := p.holdingNames(), holdingValues(held)
	names["#ld"] = attrDuration
	values[":ld"], values[":newRvn"] = millisOf(held.Duration), text(version)
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &p.table, Key: p.row(lockKey),
		ConditionExpression:      aws.String(holding),
		UpdateExpression:         aws.String("SET #ld = :ld, #rvn = :newRvn"),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
	return translate(lockKey, err)
}

// ReleaseLock implements lease.Store. It deletes the row, which is what the KCL
// does.
func (s *Store) ReleaseLock(ctx context.Context, held lease.Lock) error {
	p := s.layout.Load().lock
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &p.table, Key: p.row(lockKey), ConditionExpression: aws.String(holding),
		ExpressionAttributeNames: p.holdingNames(), ExpressionAttributeValues: holdingValues(held),
	})
	return translate(lockKey, err)
}
