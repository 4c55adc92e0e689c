// Search results show excerpts by fetching the pages found, which a browser refuses to do for files.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = window.location.protocol !== "file:";
