//! What stands before `=`: a symbol or a function of plain variables may be left away, any other quantity
//! is part of the answer beside another equation. The table is in `typed/name.rs`.

use crate::rules::{different, equal};

#[test]
fn a_bare_value_answers_for_a_name_and_for_a_quantity() {
    equal(&[
        ("t=9", "9"),
        ("v_2=9", "9"),
        ("h(t)=4t", "4t"),
        ("g(u,v)=u+v", "u+v"),
        ("pq=14", "14"),
        ("\\frac{p}{q}=14", "14"),
        ("p:q=5:8", "\\frac58"),
        ("\\cos B=\\frac25", "0.4"),
        ("g(7)=2", "2"),
        ("v(4)=11", "11"),
        ("|w|=13", "13"),
        ("QR=8", "8"),
        ("\\angle PQR=72^\\circ", "72"),
        ("P(B)=\\frac27", "\\frac27"),
        ("P(A\\cap B)=\\frac27", "\\frac27"),
        ("P(X=4)=\\frac27", "\\frac27"),
        ("n(S\\cup T)=31", "31"),
        ("f^{-1}(x)=\\frac{x+4}{3}", "\\frac{x+4}{3}"),
        ("\\frac{dy}{dx}=6x", "6x"),
        ("f'(x)=6x", "6x"),
        ("b_n=4n-1", "4n-1"),
        ("\\vec{w}=(2,-5)", "(2,-5)"),
        ("S\\cap T=\\{4,9\\}", "\\{9,4\\}"),
    ]);
    // A sum, a power or a multiple is an equation that is not solved yet.
    different(&[
        ("u+v=7", "7"),
        ("u^2+v^2=49", "49"),
        ("w^2=81", "81"),
        ("5t=35", "35"),
        ("|t-2|=6", "6"),
    ]);
}

#[test]
fn quantities_are_compared_with_their_arguments_and_factors() {
    equal(&[
        ("pq=14", "qp=14"),
        ("pq=14", "14=pq"),
        ("pq=14", "q=\\frac{14}{p}"),
        ("\\cos B=\\frac25", "\\cos B=0.4"),
        ("\\frac{p}{q}=\\frac38", "\\frac{q}{p}=\\frac83"),
        ("p:q=5:8", "q:p=8:5"),
        ("p:q=5:8", "8p=5q"),
        ("g(7)=2", "g(7)=\\frac{4}{2}"),
        ("\\cos(A-B)=1", "\\cos(-B+A)=1"),
        ("3u+6v=9", "u+2v=3"),
    ]);
    different(&[
        ("pq=14", "ps=14"),
        ("pq=14", "p+q=14"),
        ("\\frac{p}{q}=14", "\\frac{p}{s}=14"),
        ("\\frac{p}{q}=14", "\\frac{q}{p}=14"),
        ("p:q=5:8", "p:s=5:8"),
        ("p:q=5:8", "q:p=5:8"),
        ("p:q:r=1:4:9", "p:r:q=1:4:9"),
        ("\\cos B=\\frac25", "\\sin B=\\frac25"),
        ("\\cos B=\\frac25", "\\cos C=\\frac25"),
        ("\\cos^2 B=\\frac25", "\\cos B=\\frac25"),
        ("\\log t=3", "\\ln t=3"),
        ("\\log_3 t=2", "\\log_5 t=2"),
        ("g(7)=2", "g(8)=2"),
        ("g(7)=2", "h(7)=2"),
        ("g(x)=2", "g(7)=2"),
        ("g(h(1))=4", "h(g(1))=4"),
        ("\\max g=6", "\\min g=6"),
        ("|w|=13", "|z|=13"),
        ("|w|=13", "w=13"),
        ("P(B)=\\frac27", "P(C)=\\frac27"),
        ("P(A\\cap B)=\\frac27", "P(A\\cup B)=\\frac27"),
        ("P(X=4)=\\frac27", "P(X=5)=\\frac27"),
        ("S\\cap T=\\{4,9\\}", "S\\cup T=\\{4,9\\}"),
        ("v_2=9", "v_3=9"),
        ("\\vec{w}=(2,-5)", "\\vec{u}=(2,-5)"),
        ("\\text{width}=7", "\\text{height}=7"),
    ]);
}

/// Runs of capitals name segments, triangles and angles: the same read backwards, and nothing else.
/// Where both sides have variables they are products, as in `PV = nRT`.
#[test]
fn capitals_name_segments_and_angles() {
    equal(&[
        ("QR=8", "RQ=8"),
        ("\\angle PQR=72^\\circ", "\\angle RQP=72^\\circ"),
        ("PQ\\cdot RS=40", "RS\\cdot PQ=40"),
        ("PV=nRT", "nRT=PV"),
        ("PV=nRT", "P=\\frac{nRT}{V}"),
    ]);
    different(&[
        ("QR=8", "QS=8"),
        ("\\angle PQR=72^\\circ", "\\angle QPR=72^\\circ"),
        ("PQ\\cdot RS=40", "PR\\cdot QS=40"),
        ("\\frac{PQ}{PR}=3", "\\frac{SQ}{SR}=3"),
        ("PV=nRT", "PT=nRV"),
    ]);
}

/// `y`, `f(x)` and the graph of f are one thing, and so are `y'`, `f'(x)` and `dy/dx`.
#[test]
fn graphs_and_slopes() {
    equal(&[
        ("y=5x-1", "f(x)=5x-1"),
        ("f=5x-1", "f(x)=5x-1"),
        ("y'=10x", "\\frac{dy}{dx}=10x"),
        ("f'(x)=10x", "y'=10x"),
        ("f'(x)=10x", "\\frac{dy}{dx}=10x"),
    ]);
    different(&[
        ("f(x)=10x", "f'(x)=10x"),
        ("f'(x)=10x", "f''(x)=10x"),
        ("y=10x", "\\frac{dy}{dx}=10x"),
        ("\\frac{dx}{dy}=10x", "\\frac{dy}{dx}=10x"),
        ("\\frac{dV}{dt}=6", "\\frac{dV}{dr}=6"),
        ("\\frac{dy}{dx}=10x", "\\frac{y}{x}=10x"),
        ("f^{-1}(x)=3x", "f(x)=3x"),
        ("y=3x", "f^{-1}(x)=3x"),
    ]);
}

/// Coordinates have the order of their names; values of other names the order in which they stand.
#[test]
fn values_of_several_names() {
    equal(&[
        ("x=7, y=-2", "(7,-2)"),
        ("y=-2, x=7", "(7,-2)"),
        ("y=-2, x=7", "x=7, y=-2"),
        ("[x=7, y=-2, z=0]", "(7,-2,0)"),
        ("[x=7, y=-2]", "(7,-2)"),
        ("\\{x=7, y=-2\\}", "(7,-2)"),
        ("m=7, b=-2", "b=-2, m=7"),
        ("(x,y)=(7,-2)", "x=7, y=-2"),
        ("\\{x=7, x=-2\\}", "\\{-2,7\\}"),
        ("x=7,-2", "x=7 \\text{ or } x=-2"),
        ("(m,b)=(7,-2)", "m=7, b=-2"),
    ]);
    different(&[
        ("x=7, y=-2", "x=-2, y=7"),
        ("x=7, y=-2", "(-2,7)"),
        ("y=-2, x=7", "(-2,7)"),
        ("[x=7, y=-2, z=0]", "(7,0,-2)"),
        ("(x,y)=(7,-2)", "(y,x)=(7,-2)"),
        ("(y,x)=(7,-2)", "x=7, y=-2"),
        ("S=\\{7,-2\\}", "m=7, b=-2"),
        ("\\vec{w}=(7,-2)", "m=7, b=-2"),
        ("f(x)=\\{7,-2\\}", "x=7 \\text{ or } x=-2"),
    ]);
}

/// A sum of multiples of i, j and k is the vector of its coordinates, unless it can be a complex number.
#[test]
fn vectors_in_unit_vectors() {
    equal(&[
        ("4\\hat{i}-7\\hat{j}", "\\langle 4,-7\\rangle"),
        ("\\mathbf{i}+3\\mathbf{j}-5\\mathbf{k}", "(1,3,-5)"),
        ("6\\vec{i}+\\vec{k}", "\\begin{pmatrix}6\\\\0\\\\1\\end{pmatrix}"),
        ("\\frac{5\\hat{j}}{4}", "(0,\\frac54)"),
    ]);
    different(&[
        ("4\\hat{i}-7\\hat{j}", "(4,7)"),
        ("4\\hat{i}-7\\hat{j}", "(-7,4)"),
        ("4+7i", "(4,7)"),
        ("7i", "(7,0)"),
        ("4i+7j", "(4,7,1)"),
    ]);
}
