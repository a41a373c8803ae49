"""The console's parts by themselves: pictures, figures, and what is pushed."""
