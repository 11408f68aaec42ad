package cloudwatch

import "time"

// Limits of the API.
const (
	maxDatums     = 1000
	maxValues     = 150
	maxDimensions = 30
	maxFilters    = 10 // of dimensions, in ListMetrics
	maxStatistics = 5
	maxExtended   = 10
	maxName       = 255
	maxValueText  = 1024
	maxBehind     = 14 * 24 * time.Hour
	maxAhead      = 2 * time.Hour
)

// Bounds of what is kept. Beyond them the oldest goes.
const (
	// defaultMaxBytes bounds all metrics of all accounts: some 900 with all
	// their minutes.
	defaultMaxBytes = 64 << 20
	// maxMinutes and maxSeconds bound the points of a metric, of which a minute or
	// second has one for each unit: of one unit without gaps, twelve hours of
	// minutes, and an hour of seconds where it is of high resolution.
	maxMinutes = 720
	maxSeconds = 3600
	// maxSamples bounds the different values of a point. Of more, neighbours
	// become one where together they are a fiftieth of all at most.
	maxSamples = 100
	// maxSeries and maxSeriesNames bound what is shown to Prometheus, where each
	// series costs memory for hours, and all their names are sent every time:
	// those of one, of dimensions and their values too, have so many bytes.
	maxSeries      = 1000
	maxSeriesNames = 1024
	// retention is how long a point is kept, and a metric that is not put any
	// more: as long as AWS keeps minutes.
	retention = 15 * 24 * time.Hour
)

// What things take in memory, about.
const (
	accountBytes   = 256
	metricBytes    = 512 // of a metric without its names and points
	dimensionBytes = 64  // of a dimension without its name and value
	pointBytes     = 88  // of a point without its samples
	sampleBytes    = 16
)
