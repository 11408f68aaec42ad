package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/service/dynamodb"
)

// dynamodbFigures are of the tables of all accounts.
var dynamodbFigures = []*read[dynamodb.Figures]{
	{figure{"", "leat_dynamodb_items", "Items in tables of DynamoDB.", nil, gauge},
		func(f dynamodb.Figures) float64 { return float64(f.Items) }, nil},
	{figure{"", "leat_dynamodb_memory_bytes", "Memory that they take, about.", nil, gauge},
		func(f dynamodb.Figures) float64 { return float64(f.Bytes) }, nil},
	{figure{"", "leat_dynamodb_refused_writes_total", "Requests that were throttled because there was no room for more items.", nil, counter},
		func(f dynamodb.Figures) float64 { return float64(f.Refused) }, nil},
}

func (c *collector) collectDynamoDB(out chan<- prometheus.Metric) {
	show(c, out, dynamodbFigures, c.DynamoDB.Figures())
}
