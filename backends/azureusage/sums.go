package azureusage

import (
	"encoding/json"
	"strings"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/fleet"
)

// named is how Azure Monitor writes a name.
type named struct {
	Value string `json:"value"`
}

type answer struct {
	Region  string    `json:"resourceregion"`
	Metrics *[]metric `json:"value"`
}

type metric struct {
	Name   named  `json:"name"`
	Code   string `json:"errorCode"` // "" and "Success" are none
	Series []struct {
		Labels []struct {
			Name  named  `json:"name"`
			Value string `json:"value"`
		} `json:"metadatavalues"`
		Points []struct {
			At    time.Time       `json:"timeStamp"`
			Total json.RawMessage `json:"total"` // absent in a minute without traffic, and in one that is not there yet
		} `json:"data"`
	} `json:"timeseries"`
}

// add adds the sums of one answer. Of a deployment nothing is known but what it is called.
func (r *reader) add(page answer, width time.Duration, into *billing.Hours) error {
	if page.Metrics == nil {
		return r.unread("the answer holds no metrics; check the url")
	}
	for _, m := range *page.Metrics {
		use, wanted := metrics[m.Name.Value]
		switch {
		case !wanted:
			continue
		case m.Code != "" && m.Code != "Success":
			return r.unread("Azure Monitor could not give one of the metrics")
		case len(m.Series) >= mostDeployments:
			return r.unread("there are more deployments than are asked for")
		}
		for _, s := range m.Series {
			row := billing.Row{Use: use, Region: page.Region}
			for _, l := range s.Labels {
				if strings.EqualFold(l.Name.Value, "ModelDeploymentName") {
					row.Model = fleet.ModelName(l.Value)
				}
			}
			for _, point := range s.Points {
				if len(point.Total) == 0 || string(point.Total) == "null" {
					continue
				}
				n, ok := billing.ExactJSON(point.Total)
				if !ok || n.IsNegative() {
					return r.unread("a sum is no count")
				}
				into.Add(row, fleet.Span{From: point.At, To: point.At.Add(width)}, n)
			}
		}
	}
	return nil
}
