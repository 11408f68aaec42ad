package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// Bytes that one unit of capacity is good for.
const (
	readUnitBytes  = 4096
	writeUnitBytes = 1024
)

// readUnits returns what reading so many bytes consumes.
func readUnits(bytes int, consistent *bool) float64 {
	units := float64(max(1, (bytes+readUnitBytes-1)/readUnitBytes))
	if consistent != nil && *consistent {
		return units
	}
	return units / 2
}

// writeUnits returns what turning one item into another consumes; either may
// be nil.
func writeUnits(old, next attr.Item) float64 {
	bytes := max(attr.Size(old), attr.Size(next))
	return float64(max(1, (bytes+writeUnitBytes-1)/writeUnitBytes))
}

// consumed is what a call reports of its capacity, nil unless it is asked to.
// The index is that which was read, empty for none.
func consumed(asked types.ReturnConsumedCapacity, t *tables.Table, index string, units float64) *types.ConsumedCapacity {
	if asked == "" || asked == types.ReturnConsumedCapacityNone {
		return nil
	}
	c := &types.ConsumedCapacity{TableName: aws.String(t.Name), CapacityUnits: aws.Float64(units)}
	if asked != types.ReturnConsumedCapacityIndexes {
		return c
	}
	if index == "" {
		c.Table = &types.Capacity{CapacityUnits: aws.Float64(units)}
		return c
	}
	c.Table = &types.Capacity{CapacityUnits: aws.Float64(0)}
	c.GlobalSecondaryIndexes = map[string]types.Capacity{index: {CapacityUnits: aws.Float64(units)}}
	return c
}

// tally adds up capacity by table.
type tally struct {
	asked  types.ReturnConsumedCapacity
	tables []*tables.Table
	units  map[*tables.Table]float64
}

func (c *tally) add(t *tables.Table, units float64) {
	if c.units == nil {
		c.units = make(map[*tables.Table]float64)
	}
	if _, ok := c.units[t]; !ok {
		c.tables = append(c.tables, t)
	}
	c.units[t] += units
}

// list returns the sums, nil unless they are asked for.
func (c *tally) list() []types.ConsumedCapacity {
	var list []types.ConsumedCapacity
	for _, t := range c.tables {
		if one := consumed(c.asked, t, "", c.units[t]); one != nil {
			list = append(list, *one)
		}
	}
	return list
}
