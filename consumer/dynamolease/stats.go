package dynamolease

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/lease"
)

// The attributes of a worker's report (spec clients §3.2).
const (
	attrUpdated        = "lut"
	attrMetrics        = "sts"
	attrRange          = "opr"
	attrProperties     = "properties"
	attrSupport        = "sup"
	attrSupportUpdated = "slu"
)

// PutStats implements lease.Store. It also notices when a fleet has moved the
// contents of its legacy tables, since every worker calls it all the time.
func (s *Store) PutStats(ctx context.Context, w lease.WorkerStats) error {
	if err := s.followMigration(ctx); err != nil {
		return err
	}
	l := s.layout.Load()
	set := item{
		attrUpdated: number(w.Updated.Unix()), attrMetrics: listsOf(w.Metrics, formatMetric), attrRange: listsOf(w.OperatingRange, formatRange),
		attrSupport: number(w.SupportCode), attrSupportUpdated: number(w.SupportUpdated.Unix()),
	}
	if len(w.Properties) > 0 {
		set[attrProperties] = propertiesOf(w.Properties)
	}
	if !l.legacy {
		set[attrEntity] = text(entityStats)
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &l.stats.table, Key: l.stats.row(w.Worker),
		ExpressionAttributeNames: map[string]string{}, ExpressionAttributeValues: item{},
	}
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		in.ExpressionAttributeNames["#"+name] = name
		in.ExpressionAttributeValues[":"+name] = set[name]
		terms = append(terms, fmt.Sprintf("#%s = :%s", name, name))
	}
	in.UpdateExpression = aws.String("SET " + strings.Join(terms, ", "))
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.UpdateItem(ctx, in)
	return translate(w.Worker, err)
}

// DeleteStats implements lease.Store.
func (s *Store) DeleteStats(ctx context.Context, worker string) error {
	p := s.layout.Load().stats
	ctx, cancel := s.request(ctx)
	defer cancel()
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &p.table, Key: p.row(worker),
		ConditionExpression:       aws.String("#key = :value AND attribute_exists (" + p.key + ")"),
		ExpressionAttributeNames:  map[string]string{"#key": p.key},
		ExpressionAttributeValues: item{":value": text(worker)},
	})
	if err = translate(worker, err); errors.Is(err, lease.ErrConflict) {
		return nil // there was none
	}
	return err
}

// listsOf returns lists of numbers by name, as a map of lists.
func listsOf[N any](lists map[string][]N, format func(N) string) types.AttributeValue {
	m := item{}
	for name, values := range lists {
		list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, v := range values {
			list.Value = append(list.Value, &types.AttributeValueMemberN{Value: format(v)})
		}
		m[name] = list
	}
	return &types.AttributeValueMemberM{Value: m}
}

func formatMetric(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
func formatRange(v int64) string    { return strconv.FormatInt(v, 10) }

// propertiesOf returns texts by name.
func propertiesOf(properties map[string]string) types.AttributeValue {
	m := item{}
	for name, value := range properties {
		m[name] = text(value)
	}
	return &types.AttributeValueMemberM{Value: m}
}

// parseStats reads a worker's report from its row, whose key has that name.
// What makes no sense is left out; a leader judges the rest.
func parseStats(row item, key string) lease.WorkerStats {
	w := lease.WorkerStats{Worker: stringIn(row, key), Metrics: map[string][]float64{}, OperatingRange: map[string][]int64{}}
	if seconds, ok := intIn(row, attrUpdated); ok {
		w.Updated = time.Unix(seconds, 0)
	}
	for name, texts := range listsIn(row, attrMetrics) {
		w.Metrics[name] = []float64{}
		for _, t := range texts {
			if v, err := strconv.ParseFloat(t, 64); err == nil {
				w.Metrics[name] = append(w.Metrics[name], v)
			}
		}
	}
	for name, texts := range listsIn(row, attrRange) {
		w.OperatingRange[name] = []int64{}
		for _, t := range texts {
			if v, err := strconv.ParseInt(t, 10, 64); err == nil {
				w.OperatingRange[name] = append(w.OperatingRange[name], v)
			}
		}
	}
	if m, ok := row[attrProperties].(*types.AttributeValueMemberM); ok {
		w.Properties = map[string]string{}
		for name := range m.Value {
			w.Properties[name] = stringIn(m.Value, name)
		}
	}
	w.SupportCode, _ = intIn(row, attrSupport)
	if seconds, ok := intIn(row, attrSupportUpdated); ok {
		w.SupportUpdated = time.Unix(seconds, 0)
	}
	return w
}

// listsIn returns the texts of the numbers in a map of lists.
func listsIn(row item, name string) map[string][]string {
	m, ok := row[name].(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	lists := map[string][]string{}
	for key, value := range m.Value {
		list, ok := value.(*types.AttributeValueMemberL)
		if !ok {
			continue
		}
		lists[key] = []string{}
		for _, v := range list.Value {
			if n, ok := v.(*types.AttributeValueMemberN); ok {
				lists[key] = append(lists[key], n.Value)
			}
		}
	}
	return lists
}
