"""The Streamlit pages: they draw what ``qa`` answers and compute nothing themselves."""
