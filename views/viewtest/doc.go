// Package viewtest builds the fleets that the screens are tested with: the incident of the wireframes, a large
// fleet and a hostile one. Only tests import it; it must not import views.
package viewtest
