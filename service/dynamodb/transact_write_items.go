package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// maxTransactBytes is what the items of a transaction may weigh together.
const maxTransactBytes = 4 << 20

// TransactWriteItems does up to 100 things to as many items, in any tables,
// whole or not at all. A request that comes again with the same token within
// ten minutes is not carried out again.
func (s *Service) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	var write tables.Write
	var of []*tables.Table
	seen := make(map[string]bool)
	bytes := 0
	failures := make([]types.ReturnValuesOnConditionCheckFailure, len(in.TransactItems))
	for i := range in.TransactItems {
		a, err := action(&in.TransactItems[i])
		if err != nil {
			return nil, err
		}
		t, op, err := s.transactOp(ctx, a)
		if err != nil {
			return nil, err
		}
		place := string(binary.AppendUvarint(nil, t.ID)) + t.Keys.Key(op.Item)
		if seen[place] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[place] = true
		bytes += attr.Size(op.Item)
		write.Ops = append(write.Ops, op)
		of = append(of, t)
		failures[i] = a.onFailure
	}
	if bytes > maxTransactBytes {
		return nil, invalid("Collection size of items in the transaction exceeds 4 MB")
	}
	if in.ClientRequestToken != nil && *in.ClientRequestToken != "" {
		caller := api.CallerOf(ctx)
		write.Digest = digest(&write)
		write.Token = tables.Token{
			Owner: tables.Owner{Account: caller.Account, Region: caller.Region}, Text: *in.ClientRequestToken,
		}
	}
	result, err := s.writer.one(ctx, write)
	switch {
	case err != nil:
		return nil, err
	case result.Mismatch:
		return nil, typed(api.Errorf("IdempotentParameterMismatchException",
			"Request parameters do not match those of an earlier request with the same ClientRequestToken"))
	case result.Refused:
		return nil, canceled(result.Outcomes, failures)
	}
	spent := tally{asked: in.ReturnConsumedCapacity}
	for i := range result.Outcomes {
		spent.add(of[i], 2*writeUnits(result.Outcomes[i].Old, result.Outcomes[i].New))
	}
	return &dynamodb.TransactWriteItemsOutput{ConsumedCapacity: spent.list()}, nil
}

// digest tells the content of a write from others.
func digest(w *tables.Write) uint64 {
	sum := sha256.Sum256(tables.AppendWrite(nil, w))
	return binary.BigEndian.Uint64(sum[:])
}

// transactAction is any of the four things that are done to an item.
type transactAction struct {
	kind      tables.OpKind
	table     *string
	item      attr.Item
	onFailure types.ReturnValuesOnConditionCheckFailure
	parameters
}

// action returns the one action that an element has.
func action(in *types.TransactWriteItem) (a transactAction, err error) {
	n := 0
	if c := in.ConditionCheck; c != nil {
		n++
		a = transactAction{tables.Check, c.TableName, c.Key, c.ReturnValuesOnConditionCheckFailure,
			parameters{condition: c.ConditionExpression, names: c.ExpressionAttributeNames, values: c.ExpressionAttributeValues}}
	}
	if d := in.Delete; d != nil {
		n++
		a = transactAction{tables.Delete, d.TableName, d.Key, d.ReturnValuesOnConditionCheckFailure,
			parameters{condition: d.ConditionExpression, names: d.ExpressionAttributeNames, values: d.ExpressionAttributeValues}}
	}
	if p := in.Put; p != nil {
		n++
		a = transactAction{tables.Put, p.TableName, p.Item, p.ReturnValuesOnConditionCheckFailure,
			parameters{condition: p.ConditionExpression, names: p.ExpressionAttributeNames, values: p.ExpressionAttributeValues}}
	}
	if u := in.Update; u != nil {
		n++
		a = transactAction{tables.Update, u.TableName, u.Key, u.ReturnValuesOnConditionCheckFailure,
			parameters{condition: u.ConditionExpression, update: u.UpdateExpression, names: u.ExpressionAttributeNames, values: u.ExpressionAttributeValues}}
	}
	if n != 1 {
		return a, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return a, nil
}

// transactOp returns the Op of an action, and its table.
func (s *Service) transactOp(ctx context.Context, a transactAction) (*tables.Table, tables.Op, error) {
	condition, update, err := a.read()
	if err != nil {
		return nil, tables.Op{}, err
	}
	t, err := s.open(ctx, a.table)
	if err != nil {
		return nil, tables.Op{}, err
	}
	op := tables.Op{Kind: a.kind, Table: t.ID, Condition: condition}
	switch a.kind {
	case tables.Put:
		op.Item, err = checkNewItem(t, a.item)
	case tables.Update:
		op, err = updateOp(t, a.item, condition, update)
	default:
		op.Item, err = checkKey(t, a.item)
	}
	return t, op, err
}

// canceled is the error of a transaction that was refused: a reason for each
// item.
func canceled(outcomes []tables.Outcome, failures []types.ReturnValuesOnConditionCheckFailure) error {
	reasons := make([]types.CancellationReason, len(outcomes))
	codes := make([]string, len(outcomes))
	for i := range outcomes {
		o := &outcomes[i]
		codes[i] = "None"
		if o.Err == nil {
			reasons[i] = types.CancellationReason{Code: aws.String("None")}
			continue
		}
		codes[i] = strings.TrimSuffix(o.Err.Code, "Exception")
		switch o.Err.Code {
		case "ValidationException":
			codes[i] = "ValidationError"
		case tables.ConditionFailed:
			codes[i] = "ConditionalCheckFailed"
		}
		reasons[i] = types.CancellationReason{Code: aws.String(codes[i]), Message: aws.String(o.Err.Message)}
		if o.Err.Code == tables.ConditionFailed {
			reasons[i].Item = failedItem(o, failures[i])
		}
	}
	e := api.Errorf("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	e.Shape = &types.TransactionCanceledException{Message: &e.Message, CancellationReasons: reasons}
	return e
}
