package dynamolease

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// Leases are written with the parameters Expected and AttributeUpdates, as the
// KCL does, whose semantics expressions do not have in one place
// (spec clients §3.11).
type (
	expected = map[string]types.ExpectedAttributeValue
	updates  = map[string]types.AttributeValueUpdate
)

func put(v types.AttributeValue) types.AttributeValueUpdate {
	return types.AttributeValueUpdate{Action: types.AttributeActionPut, Value: v}
}

func remove() types.AttributeValueUpdate {
	return types.AttributeValueUpdate{Action: types.AttributeActionDelete}
}

func addOne() types.AttributeValueUpdate {
	return types.AttributeValueUpdate{Action: types.AttributeActionAdd, Value: number(1)}
}

// absent expects that there is no such attribute.
func absent() types.ExpectedAttributeValue {
	return types.ExpectedAttributeValue{Exists: aws.Bool(false)}
}

// equal expects that an attribute has a value; "" that there is none.
func equal(value string) types.ExpectedAttributeValue {
	if value == "" {
		return absent()
	}
	return types.ExpectedAttributeValue{Value: text(value)}
}

// there expects that the row exists. DynamoDB wants a value with Exists.
func there(key string) types.ExpectedAttributeValue {
	return types.ExpectedAttributeValue{Exists: aws.Bool(true), Value: text(key)}
}

// sameCounter expects the counter of a lease.
func sameCounter(l lease.Lease) expected {
	return expected{attrCounter: {Value: number(l.Counter)}}
}

// sameOwners expects the owners of a lease, and that it exists: without owners
// that would follow from nothing else.
func sameOwners(l lease.Lease) expected {
	return expected{attrOwner: equal(l.Owner), attrCheckpointOwner: equal(l.CheckpointOwner), keyLease: there(l.Key)}
}

// Create implements lease.Store.
func (s *Store) Create(ctx context.Context, l lease.Lease) (bool, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.o.table, Item: rowOf(l, !s.layout.Load().legacy), Expected: expected{keyLease: absent()},
	})
	if err = translate(l.Key, err); errors.Is(err, lease.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// update writes to a lease and returns the row as it became, if that was asked
// for.
func (s *Store) update(ctx context.Context, key string, e expected, u updates, returned types.ReturnValue) (item, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.o.table, Key: item{keyLease: text(key)}, Expected: e, AttributeUpdates: u, ReturnValues: returned,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		return nil, translate(key, err)
	}
	return out.Attributes, nil
}

// changed is update for a write that returns the lease as it became.
func (s *Store) changed(ctx context.Context, key string, e expected, u updates) (lease.Lease, error) {
	row, err := s.update(ctx, key, e, u, types.ReturnValueAllNew)
	if err != nil {
		return lease.Lease{}, err
	}
	return parseLease(row)
}

// advance is update for a write that sets the counter, which it adds to u.
func (s *Store) advance(ctx context.Context, l lease.Lease, e expected, u updates) (lease.Lease, error) {
	u[attrCounter] = put(number(l.Counter + 1))
	if _, err := s.update(ctx, l.Key, e, u, types.ReturnValueNone); err != nil {
		return lease.Lease{}, err
	}
	l = l.Clone()
	l.Counter++
	return l, nil
}

// Renew implements lease.Store.
func (s *Store) Renew(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	e, u := sameCounter(l), updates{}
	if !l.InHandoff() {
		e[attrCheckpointOwner] = absent()
	}
	if l.HasThroughput {
		u[attrThroughput] = put(&types.AttributeValueMemberN{Value: strconv.FormatFloat(l.Throughput, 'f', 6, 64)})
	}
	return s.advance(ctx, l, e, u)
}

// Update implements lease.Store.
func (s *Store) Update(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	u := updates{
		attrCheckpoint: put(text(l.Checkpoint.Sequence)), attrSubSequence: put(number(l.Checkpoint.SubSequence)),
		attrSwitches: put(number(l.OwnerSwitches)),
		attrPending:  remove(), attrPendingSub: remove(), attrPendingState: remove(),
	}
	if !l.Pending.IsZero() {
		u[attrPending], u[attrPendingSub] = put(text(l.Pending.Sequence)), put(number(l.Pending.SubSequence))
	}
	if l.PendingState != nil {
		u[attrPendingState] = put(&types.AttributeValueMemberB{Value: l.PendingState})
	}
	if len(l.Children) > 0 {
		u[attrChildren] = put(texts(l.Children))
	}
	if l.HasHashRange {
		u[attrStartingHash], u[attrEndingHash] = put(text(l.HashRange.Start.String())), put(text(l.HashRange.End.String()))
	}
	if l.Stream != "" {
		u[attrStream], u[attrShard] = put(text(l.Stream)), put(text(l.Shard))
	}
	return s.advance(ctx, l, sameCounter(l), u)
}

// give returns what makes a worker the only owner, the counter apart.
func give(l lease.Lease, worker string) updates {
	u := updates{attrOwner: put(text(worker)), attrCheckpointOwner: remove()}
	if holder := l.Holder(); holder != "" && holder != worker {
		u[attrSwitches] = addOne()
	}
	return u
}

// Take implements lease.Store.
func (s *Store) Take(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	u := give(l, worker)
	u[attrCounter] = put(number(l.Counter + 1))
	return s.changed(ctx, l.Key, sameCounter(l), u)
}

// Assign implements lease.Store.
func (s *Store) Assign(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	u := give(l, worker)
	u[attrCounter] = addOne()
	return s.changed(ctx, l.Key, sameOwners(l), u)
}

// Handoff implements lease.Store.
func (s *Store) Handoff(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	if l.Owner == "" {
		return lease.Lease{}, &lease.ConflictError{Key: l.Key} // nobody to take it from
	}
	e := expected{attrOwner: equal(l.Owner), attrCheckpointOwner: absent(), keyLease: there(l.Key)}
	return s.changed(ctx, l.Key, e, updates{attrOwner: put(text(worker)), attrCheckpointOwner: put(text(l.Owner))})
}

// Evict implements lease.Store.
func (s *Store) Evict(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	u := updates{attrCheckpointOwner: remove(), attrCounter: addOne()}
	if !l.InHandoff() {
		u[attrOwner] = remove()
	}
	return s.changed(ctx, l.Key, sameOwners(l), u)
}

// SetChildren implements lease.Store.
func (s *Store) SetChildren(ctx context.Context, key string, children []string) error {
	return s.complete(ctx, key, updates{attrChildren: put(texts(children))})
}

// SetHashRange implements lease.Store.
func (s *Store) SetHashRange(ctx context.Context, key string, r stream.HashKeyRange) error {
	return s.complete(ctx, key, updates{attrStartingHash: put(text(r.Start.String())), attrEndingHash: put(text(r.End.String()))})
}

// complete writes to a lease that exists.
func (s *Store) complete(ctx context.Context, key string, u updates) error {
	_, err := s.update(ctx, key, expected{keyLease: there(key)}, u, types.ReturnValueNone)
	if errors.Is(err, lease.ErrConflict) {
		return lease.ErrNotFound
	}
	return err
}

// Delete implements lease.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.o.table, Key: item{keyLease: text(key)}})
	return translate(key, err)
}
