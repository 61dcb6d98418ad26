"""The documentation as a site: staged from the pages, generated where code knows better, checked."""
