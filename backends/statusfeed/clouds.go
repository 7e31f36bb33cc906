package statusfeed

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"pitwall/fleet"
)

type wireGoogle struct {
	ID       string  `json:"id"`
	Begin    string  `json:"begin"`
	End      *string `json:"end"`
	Modified string  `json:"modified"`
	Text     string  `json:"external_desc"`
	Impact   string  `json:"status_impact"`
	Severity string  `json:"severity"`
	URI      string  `json:"uri"`
	Products []struct {
		Title string `json:"title"`
	} `json:"affected_products"`
	Places []wirePlace `json:"currently_affected_locations"`
	Latest struct {
		Status string      `json:"status"`
		Places []wirePlace `json:"affected_locations"`
	} `json:"most_recent_update"`
}

type wirePlace struct {
	Title string `json:"title"`
	ID    string `json:"id"`
}

var googleImpact = map[string]fleet.Impact{"service_information": fleet.ImpactDegraded,
	"service_disruption": fleet.ImpactDisrupted, "service_outage": fleet.ImpactOutage}

// google reads incidents.json: the incidents of years, of which those are open that have no end.
func google(_ context.Context, r *reader, body []byte) (*fleet.StatusReading, error) {
	var list []wireGoogle
	if err := r.json(body, &list); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unread("the answer is no list of incidents")
	}
	s := &fleet.StatusReading{Page: fleet.Text("Google Cloud")}
	for i := range list {
		w := &list[i]
		if w.End != nil && *w.End != "" {
			continue
		}
		in := fleet.Incident{ID: w.ID, Title: w.Text, Impact: impactOf(googleImpact, w.Impact),
			Said: says(w.Impact, w.Severity, w.Latest.Status), Since: moment(w.Begin), Updated: moment(w.Modified),
			Link: fleet.Label(w.URI)}
		for _, p := range w.Products {
			in.Components = append(in.Components, p.Title)
		}
		places := w.Places
		if len(places) == 0 {
			places = w.Latest.Places
		}
		for _, p := range places {
			in.Regions = append(in.Regions, p.ID)
		}
		r.watch.add(s, in, false)
	}
	return s, nil
}

type wireAWS struct {
	Service string `json:"service"`
	Name    string `json:"service_name"`
	Region  string `json:"region_name"`
	Summary string `json:"summary"`
	Date    any    `json:"date"` // seconds, as text or as a number
	ARN     string `json:"arn"`
	Status  any    `json:"status"` // a string; a number is taken too
}

var awsImpact = map[string]fleet.Impact{"1": fleet.ImpactDegraded, "2": fleet.ImpactDisrupted, "3": fleet.ImpactOutage}

// aws reads currentevents. A status of "0" is resolved, whatever else there is is open.
func aws(_ context.Context, r *reader, body []byte) (*fleet.StatusReading, error) {
	var list []wireAWS
	if err := r.json(body, &list); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unread("the answer is no list of events")
	}
	s := &fleet.StatusReading{Page: fleet.Text("AWS")}
	for i := range list {
		w := &list[i]
		status := scalar(w.Status)
		if status == "0" {
			continue
		}
		in := fleet.Incident{ID: says(w.ARN, scalar(w.Date), w.Service), Title: w.Summary, Impact: impactOf(awsImpact, status),
			Said: says("status " + status), Since: seconds(w.Date)}
		in.Components = kept(w.Name, w.Service)
		in.Regions = kept(slugOf(w), w.Region)
		r.watch.add(s, in, false)
	}
	return s, nil
}

// slugOf is where an event is: the fourth part of its ARN, else what follows the service's name.
func slugOf(w *wireAWS) string {
	if parts := strings.Split(w.ARN, ":"); len(parts) > 3 && parts[3] != "" {
		return parts[3]
	}
	_, place, _ := strings.Cut(w.Service, "-")
	return place
}

// kept are the texts that are there.
func kept(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}

type wireRSS struct {
	XMLName xml.Name `xml:"rss"`
	Channel *struct {
		Title string    `xml:"title"`
		Items []rssItem `xml:"item"`
	} `xml:"channel"`
}

type rssItem struct {
	ID         string   `xml:"guid"`
	Title      string   `xml:"title"`
	Link       string   `xml:"link"`
	Date       string   `xml:"pubDate"`
	Categories []string `xml:"category"`
}

// azure reads the public RSS feed, which is empty while nothing broad is wrong; what concerns one tenant is never in it.
func azure(_ context.Context, r *reader, body []byte) (*fleet.StatusReading, error) {
	if isHTML(body) {
		r.forget()
		return nil, r.unread("the answer is a web page, not the feed")
	}
	var feed wireRSS
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	if err := d.Decode(&feed); err != nil || feed.Channel == nil {
		r.forget()
		return nil, r.unread("the answer is cut off or is no RSS")
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		r.forget()
		return nil, r.unread("something follows the feed")
	}
	s := &fleet.StatusReading{Page: fleet.Label(strings.TrimSpace(feed.Channel.Title))}
	for _, item := range feed.Channel.Items {
		in := fleet.Incident{ID: item.ID, Title: strings.TrimSpace(item.Title), Impact: fleet.ImpactDegraded, Said: "posted",
			Since: moment(item.Date), Link: fleet.Label(strings.TrimSpace(item.Link))}
		if in.ID == "" {
			in.ID = says(item.Title, item.Date)
		}
		for _, c := range item.Categories { // services and regions in one list
			if r.watch.names(c) {
				in.Components = append(in.Components, c)
			} else {
				in.Regions = append(in.Regions, c)
			}
		}
		if len(in.Components) == 0 {
			in.Components = []string{in.Title}
		}
		in.Regions = append(in.Regions, r.watch.placesIn(in.Title)...)
		r.watch.add(s, in, r.watch.names(in.Title))
	}
	return s, nil
}
